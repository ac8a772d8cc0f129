import type { FactorKeys } from '../../factor-keys.js'

/** The options that the passkey factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface PasskeyFactorOptions {
  appInfo: { appName: string, websiteDomains: readonly [string, ...string[]] }
  /** Undefined for the host of the websites. */
  passkeyRpId: string | undefined
  /** Whether a passkey alone signs in. */
  passkeySignIn: boolean
  factorKeys: FactorKeys
}
