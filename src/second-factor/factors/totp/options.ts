/** The options that the factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface TotpFactorOptions {
  appInfo: { appName: string }
  /** Empty for the key of development. */
  factorKeys: readonly string[]
}
