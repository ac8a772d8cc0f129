/** How a code by mail is entered: typed, by a link, or either way. */
export type EmailFactorFlow = 'code' | 'link' | 'both'

/** The options that the e-mail factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface EmailFactorOptions {
  appInfo: { appName: string, websiteDomains: readonly [string, ...string[]], websiteBasePath: string }
  firstFactor: 'email-password' | 'phone-password'
  passwordReset: boolean
  thirdPartyProviders: readonly object[]
  /** All that run. */
  secondFactors: { includes (name: 'sms'): boolean }
  existenceChecks: boolean
  /** Seconds. */
  codeLifetime: number
  emailFactorFlow: EmailFactorFlow
  oneMailboxForBothFactors: boolean
}
