/** The options that the passkey factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface PasskeyFactorOptions {
  appInfo: { appName: string, websiteDomains: readonly [string, ...string[]] }
  /** Undefined for the host of the websites. */
  passkeyRpId: string | undefined
  /** Whether a passkey alone signs in. */
  passkeySignIn: boolean
  /** Empty for the key of development. */
  factorKeys: readonly string[]
}
