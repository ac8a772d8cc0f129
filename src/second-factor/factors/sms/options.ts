import type { CountryCode } from 'libphonenumber-js/max'
import type { SmsText } from './message.js'

/** The options that the SMS factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface SmsFactorOptions {
  appInfo: { appName: string, websiteDomains: readonly [string, ...string[]] }
  firstFactor: 'email-password' | 'phone-password'
  defaultCountry: CountryCode | undefined
  existenceChecks: boolean
  exposePhoneNumber: boolean
  /** Seconds. */
  codeLifetime: number
  /** Undefined for {@link oneSegment}. */
  smsText: SmsText | undefined
}
