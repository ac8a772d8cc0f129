import type { CountryCode } from 'libphonenumber-js/max'
import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import type { ResolvedAdmin } from '../admin-api/options.js'
import type { AuditTrailOptions } from '../audit/options.js'
import type { MailSender } from '../delivery/sender.js'
import type { ResolvedPasswords } from '../first-factor/password-options.js'
import type { ResolvedForwardAuth } from '../forward-auth/options.js'
import type { ResolvedHostedPages } from '../hosted-pages/options.js'
import type { Messages } from '../language/languages.js'
import type { ResolvedLimits } from '../limits/resolve.js'
import type { ResolvedMetrics } from '../metrics/options.js'
import type { Factor } from '../second-factor/factor.js'
import type { FactorName } from '../second-factor/factors/index.js'
import type { EmailFactorFlow } from '../second-factor/factors/email/options.js'
import type { SmsText } from '../second-factor/factors/sms/message.js'
import type { NoticeName } from '../second-factor/notice-texts.js'
import type { PlaceOf } from '../second-factor/place.js'
import type { SecondFactorRequirement } from '../second-factor/requirement.js'
import type { EventReceiver } from '../revocations/options.js'
import type { ServiceClient } from '../service-clients/options.js'
import type { PrivateJwkSet } from '../signing-keys/options.js'
import type { EmbeddedCoreConnectionOptions, MailOptions, RemoteCoreOptions, SmsByCountry, SmsProvider } from './connections.js'

/** `Fastify2faOptions` with every default filled in. */
export interface ResolvedOptions extends ResolvedPasswords {
  appInfo: {
    appName: string
    apiDomain: string
    apiBasePath: string
    apiGatewayPath: string
    apiInternalPath: string
    websiteDomains: [string, ...string[]]
    websiteBasePath: string
  }
  core: RemoteCoreOptions | { embedded: EmbeddedCoreConnectionOptions }
  firstFactor: 'email-password' | 'phone-password'
  thirdPartyProviders: ProviderInput[]
  emailVerification: 'off' | 'optional' | 'required'
  passwordReset: boolean
  supportContact: string | undefined
  existenceChecks: boolean
  signUpByMail: boolean
  secondFactors: (FactorName | Factor)[]
  emailFactorFlow: EmailFactorFlow
  oneMailboxForBothFactors: boolean
  passkeyRpId: string | undefined
  passkeySignIn: boolean
  knownBrowsers: boolean
  recoveryCodes: boolean
  accountRecovery: boolean
  /** Seconds. */
  recoveryPeriod: number
  /** Empty for the key of development. */
  factorKeys: string[]
  secondFactorEnforcement: 'global' | 'route'
  secondFactorRequired: SecondFactorRequirement
  secureByDefault: boolean
  guardRefusals: 'send' | 'throw'
  traceUserIds: boolean
  traceSenders: boolean
  exposePhoneNumber: boolean
  codeLifetime: number
  /** Seconds. */
  contestPeriod: number
  noticesOff: NoticeName[]
  newBrowserNotices: boolean
  placeOf: PlaceOf | undefined
  smsText: SmsText | undefined
  defaultLanguage: string
  messages: Messages
  /** `undefined` where there are none. */
  hostedPages: ResolvedHostedPages | undefined
  /** `undefined` where it is off. */
  forwardAuth: ResolvedForwardAuth | undefined
  defaultCountry: CountryCode | undefined
  sms: SmsProvider | readonly SmsProvider[] | SmsByCountry
  smsReceipts: boolean
  mail: MailOptions | MailSender
  tokenTransferMethod: 'any' | 'cookie' | 'header'
  antiCsrf: 'NONE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN' | undefined
  cookieDomain: string | undefined
  /** `undefined` for a key of this process alone. */
  signingKeys: PrivateJwkSet | undefined
  serviceClients: ServiceClient[]
  /** `undefined` where it is off. */
  admin: ResolvedAdmin | undefined
  eventReaders: number
  eventReceiver: EventReceiver | undefined
  audit: AuditTrailOptions
  /** Seconds. */
  rolesMaxAge: number
  sessionProperty: string
  limits: ResolvedLimits | false
  /** `undefined` where nothing is measured. */
  metrics: ResolvedMetrics | undefined
  authConcurrency: number
  authMaxWait: number
}
