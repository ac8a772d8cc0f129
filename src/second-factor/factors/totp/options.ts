import type { FactorKeys } from '../../factor-keys.js'

/** The options that the factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface TotpFactorOptions {
  appInfo: { appName: string }
  factorKeys: FactorKeys
}
