/** The options that the factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface RecoveryCodeOptions {
  appInfo: { appName: string }
  firstFactor: 'email-password' | 'phone-password'
}
