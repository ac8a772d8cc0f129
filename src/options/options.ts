import type { CountryCode } from 'libphonenumber-js/max'
import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import type { MailSender, SmsSender } from '../delivery/sender.js'
import type { LimitsOptions } from '../limits/options.js'
import type { Factor } from '../second-factor/factor.js'
import type { FactorName } from '../second-factor/factors/index.js'
import type { SmsText } from '../second-factor/factors/sms/message.js'

/** How the service presents itself; becomes SuperTokens' `appInfo`. */
export interface AppInfoOptions {
  /** Shown in messages and mails. @default 'fastify-2fa' */
  appName?: string
  /** Public origin of this service. @default 'http://localhost:3000' */
  apiDomain?: string
  /** Path under which the Frontend Driver Interface lives. @default '/auth' */
  apiBasePath?: string
  /** Origins of the frontends; the first one is where links in mails point. @default ['http://localhost:3001'] */
  websiteDomains?: string[]
  /** Path of the authentication pages on the website. @default '/auth' */
  websiteBasePath?: string
}

/** A SuperTokens Core elsewhere. */
export interface RemoteCoreOptions {
  /** One base URL or several, separated by `;`. */
  connectionURI: string
  /** Sent as `api-key`. @default none */
  apiKey?: string
}

/** A Core inside this process, on SQLite. */
export interface EmbeddedCoreConnectionOptions {
  /** Path of the SQLite file or `:memory:`. @default ':memory:' */
  file?: string
  /** Loopback port. @default 0, any free one */
  port?: number
  /** Key that callers must send. @default a random one */
  apiKey?: string
  /** Encrypts signing keys and authenticator secrets in the file; at least 32 characters. Several, separated by `,`, rotate: the first encrypts. @default none */
  secretKey?: string
  /** Settings by the real Core's configuration names, for example `access_token_validity`. @default {} */
  config?: Record<string, string | number | boolean>
}

export type SmsOptions =
  | { provider: 'log' }
  | { provider: 'twilio', accountSid: string, authToken: string, from?: string, messagingServiceSid?: string, baseUrl?: string }
  | { provider: 'webhook', url: string, secret: string }
  | { provider: 'supertokens', apiKey: string }

export type MailOptions =
  | { provider: 'log' }
  | { provider: 'smtp', host: string, port: number, secure?: boolean, user?: string, password?: string, from: string }

/** Everything the library can be told. `src/config/load.ts` produces the same object from the environment. */
export interface Fastify2faOptions {
  appInfo?: AppInfoOptions
  /** Where accounts and sessions live. @default an embedded Core in memory */
  core?: RemoteCoreOptions | { embedded: EmbeddedCoreConnectionOptions }
  /** Which of the two guides' systems runs. @default 'email-password' */
  firstFactor?: 'email-password' | 'phone-password'
  /** Social logins as further first factors, in the SDK's own form (`ProviderInput`). @default [] */
  thirdPartyProviders?: ProviderInput[]
  /** Whether an address must be verified; `required` also holds before a phone can be enrolled. @default 'off' */
  emailVerification?: 'off' | 'optional' | 'required'
  /** Whether a forgotten password can be reset by a link. @default true with e-mail + password, false with phone + password (the link would go to the phone that is the second factor) */
  passwordReset?: boolean
  /** Whether the `exists` endpoints tell the truth. Off, they always answer `false`, so that nobody can list accounts. @default false */
  existenceChecks?: boolean
  /** Which second factors there are: by name, or one of your own (`src/second-factor/README.md`). @default ['sms'] */
  secondFactors?: (FactorName | Factor)[]
  /** `global`: every verified session needs the second factor unless a route opts out. `route`: only `require2FA` asks for it. @default 'global' */
  secondFactorEnforcement?: 'global' | 'route'
  /** Whether the token, which anyone with the browser reads, holds the whole number after the password step. Off, it holds `phoneNumberHint`, masked, and a code is asked for without naming the number. @default true, as in the guides */
  exposePhoneNumber?: boolean
  /** How long a code can be used, in seconds; at most 600 (NIST SP 800-63B 3.1.3.2), whatever the Core allows. @default 300 */
  codeLifetime?: number
  /** Writes the text of the SMS. @default one segment with a WebOTP line */
  smsText?: SmsText
  /** Country for phone numbers typed without `+`. @default none: only international numbers are accepted */
  defaultCountry?: CountryCode
  /** @default { provider: 'log' } */
  sms?: SmsOptions | SmsSender
  /** @default { provider: 'log' } */
  mail?: MailOptions | MailSender
  /** How sessions travel. `any`: the client chooses by `st-auth-mode`, as SuperTokens' frontends do. @default 'any' */
  tokenTransferMethod?: 'any' | 'cookie' | 'header'
  /** @default 'VIA_CUSTOM_HEADER' when a website is on another site than the API, else 'NONE' (SameSite=Lax cookies) */
  antiCsrf?: 'NONE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN'
  /** How often codes and passwords may be tried, and messages sent. `false` for no limits at all. @default the ones in `docs/limits.md` */
  limits?: LimitsOptions | false
  /** Requests under `apiBasePath` that are worked on at the same time; more are answered 503 at once. @default 256 */
  authConcurrency?: number
  /** Domain attribute of the session cookies. @default none, the API's own host */
  cookieDomain?: string
}
