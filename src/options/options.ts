import type { CountryCode } from 'libphonenumber-js/max'
import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import type { MailSender, SmsSender } from '../delivery/sender.js'
import type { Messages } from '../language/languages.js'
import type { LimitsOptions } from '../limits/options.js'
import type { Factor } from '../second-factor/factor.js'
import type { SecondFactorRequirement } from '../second-factor/requirement.js'
import type { FactorName } from '../second-factor/factors/index.js'
import type { EmailFactorFlow } from '../second-factor/factors/email/options.js'
import type { NoticeName } from '../second-factor/notice-texts.js'
import type { PlaceOf } from '../second-factor/place.js'
import type { SmsText } from '../second-factor/factors/sms/message.js'

/** How the service presents itself; becomes SuperTokens' `appInfo`. */
export interface AppInfoOptions {
  /** Shown in messages and mails. @default 'fastify-2fa' */
  appName?: string
  /** Public origin of this service. @default 'http://localhost:3000' */
  apiDomain?: string
  /** Path of the Frontend Driver Interface, below the prefix of the scope if it has one. @default '/auth' */
  apiBasePath?: string
  /** Path that a proxy in front of this app removes: clients write it, requests arrive without it. @default none */
  apiGatewayPath?: string
  /**
   * Path that a proxy in front of this app adds: requests arrive with it, and clients do not write it. `apiBasePath`,
   * or the prefix of the scope, begins with it.
   * @default none
   */
  apiInternalPath?: string
  /**
   * Origins of the frontends. Links lead to the website that asked (by its `Origin`), and codes are bound to it; else to
   * the first.
   * @default ['http://localhost:3001']
   */
  websiteDomains?: string[]
  /** Path of the authentication pages on the website. @default '/auth' */
  websiteBasePath?: string
}

/** A SuperTokens Core that is reached over the network. */
export interface RemoteCoreOptions {
  /** One base URL or several, separated by `;`. */
  connectionURI: string
  /** Sent as `api-key`. @default none */
  apiKey?: string
}

/** A Core in this process, on SQLite. */
export interface EmbeddedCoreConnectionOptions {
  /** Path of the SQLite file or `:memory:`. @default ':memory:' */
  file?: string
  /** Loopback port for other programs; 0 takes any free one. @default none: only this process can call the Core */
  port?: number
  /** API key that callers must send. @default a random one if there is a port, else none */
  apiKey?: string
  /**
   * Encrypts signing keys and authenticator secrets in the file; at least 32 characters. To rotate, give `new,old`:
   * everything is re-encrypted with the first.
   * @default none
   */
  secretKey?: string
  /** Settings under the real Core's configuration names, for example `access_token_validity`. @default {} */
  config?: Record<string, string | number | boolean>
}

/** Settings of the built-in SMS providers; see `docs/delivery.md`. */
export type SmsOptions =
  | { provider: 'log' }
  | { provider: 'twilio', accountSid: string, authToken: string, from?: string, messagingServiceSid?: string, baseUrl?: string }
  | { provider: 'webhook', url: string, secret: string }
  | { provider: 'supertokens', apiKey: string }

/** Settings of the built-in mail providers; see `docs/delivery.md`. */
export type MailOptions =
  | { provider: 'log' }
  | { provider: 'smtp', host: string, port: number, secure?: boolean, user?: string, password?: string, from: string }

/** All options of the library. `src/config/load.ts` produces the same object from environment variables. */
export interface Fastify2faOptions {
  /**
   * Whether this is production, where accounts in memory, codes in the log and plain http stop the boot.
   * @default by NODE_ENV: false for `development` and `test`, true for `production` and any unknown value. If it is not
   * set, true if `apiDomain` is not this machine (`docs/plugins.md`)
   */
  production?: boolean
  /** Allows the embedded Core in production. It is one process with one file, whose path you then name. @default false */
  embeddedCoreInProduction?: boolean
  /** Allows the provider `log` in production. Anyone who reads the log can sign in as anyone. @default false */
  printCodesInProduction?: boolean
  appInfo?: AppInfoOptions
  /** The Core that keeps accounts and sessions. @default an embedded Core in memory */
  core?: RemoteCoreOptions | { embedded: EmbeddedCoreConnectionOptions }
  /** The first factor, and with it which of the two guides' systems runs. @default 'email-password' */
  firstFactor?: 'email-password' | 'phone-password'
  /** Social logins as further first factors, as the SDK's `ProviderInput`. @default [] */
  thirdPartyProviders?: ProviderInput[]
  /**
   * Whether users must verify their e-mail address. `required` also applies before a phone can be enrolled.
   * @default 'optional', since stock frontends may ask for it; 'off' with phone + password
   */
  emailVerification?: 'off' | 'optional' | 'required'
  /**
   * Whether a forgotten password can be reset by a link.
   * @default true with e-mail + password, false with phone + password (the link would go to the phone that is the
   * second factor)
   */
  passwordReset?: boolean
  /**
   * Least length of a new password, in characters (Unicode code points): 8 to 64. Accounts with shorter ones still sign in.
   * @default 8 where everyone needs a second factor everywhere; 15 with `secondFactorEnforcement: 'route'`, and with any
   * `secondFactorRequired` but `everyone`
   */
  passwordMinLength?: number
  /**
   * A service that knows leaked passwords, in the form of Pwned Passwords' range API. Where it does not answer within
   * `timeout` (seconds, or a text such as `2s`), the password is accepted.
   * @default none: no other service is asked. `timeout`: '2s'
   */
  leakedPasswords?: { url: string, timeout?: number | string }
  /**
   * Whom people ask when a page needs a feature that is off: an address, a number or a page, as it is to be shown.
   * @default none: they are told to contact support
   */
  supportContact?: string
  /**
   * Whether the `exists` endpoints tell the truth. If false, they always answer `false`, so that nobody can list
   * accounts.
   * @default false
   */
  existenceChecks?: boolean
  /**
   * Whether signing up answers alike for known and unknown addresses, and goes on by mail: the link in it leads to the
   * page where the password is chosen. Needs `emailVerification: 'required'` and `passwordReset`.
   * @default false: stock pages show the request to open the mail as an error, and the password is typed twice
   */
  signUpByMail?: boolean
  /** The second factors, by name or as an object of your own (`src/second-factor/README.md`). @default ['sms'] */
  secondFactors?: (FactorName | Factor)[]
  /** How codes by mail are entered: typed, by a link, or either way. Links work in the session that asked. @default 'code' */
  emailFactorFlow?: EmailFactorFlow
  /**
   * Allows `email` among `secondFactors` where a mailbox is as good as the first factor: passwords can be reset by mail, or
   * there are social logins. Whoever has the mailbox then has both factors.
   * @default false
   */
  oneMailboxForBothFactors?: boolean
  /**
   * Domain that passkeys are made for: the host of every website, or a parent domain of it. They work on no other, so a
   * change makes all passkeys useless.
   * @default the host of the first website
   */
  passkeyRpId?: string
  /**
   * Whether a passkey alone signs in, as both factors in one: `POST /passkey/signin`. Needs `passkey` among `secondFactors`
   * and `firstFactor: 'email-password'`.
   * @default false
   */
  passkeySignIn?: boolean
  /**
   * Whether browsers can become known for thirty days, by a key that cannot be copied out of them. Only routes with
   * `config.secondFactor.acceptKnownBrowser` take that for the second factor (`docs/known-browsers.md`).
   * @default false
   */
  knownBrowsers?: boolean
  /**
   * Whether people get recovery codes with their first second factor, for the day on which they have lost it.
   * @default true with `totp` or `passkey` among `secondFactors`
   */
  recoveryCodes?: boolean
  /**
   * Whether people who have lost every second factor can replace it with their password and a code by mail, after
   * `recoveryPeriod` and unless they veto (`docs/account-recovery.md`). Needs `firstFactor: 'email-password'`.
   * @default false: where passwords can be reset by mail, whoever has the mailbox unnoticed for that long has the account
   */
  accountRecovery?: boolean
  /**
   * How long a recovery waits before it can be finished: seconds, or a text such as `72h`; 24 hours at least, 30 days at
   * most. @default '72h'
   */
  recoveryPeriod?: number | string
  /**
   * Encrypts the secrets of authenticator apps in the Core, and the accounts that passkeys name: 32 bytes in base64 or hex, or a text of at least 32 characters.
   * The first key encrypts, all of them decrypt. Who loses them ends every authenticator app, and no passkey signs in alone.
   * @default a key that everybody knows; production refuses `totp` and `passkeySignIn` with it
   */
  factorKeys?: string[]
  /**
   * `global`: every guarded route requires the second factor unless it opts out. `route`: only `require2FA` requires
   * it.
   * @default 'global'
   */
  secondFactorEnforcement?: 'global' | 'route'
  /**
   * Who needs the second factor where it is enforced globally: `everyone`; `unless-exempt`, everyone but users whom
   * `setSecondFactorRequirement` exempts; `enrolled`, who has one; or who has one of these `roles`. `require2FA` needs it of
   * everybody.
   * @default 'everyone'
   */
  secondFactorRequired?: SecondFactorRequirement
  /**
   * Whether every route of the app requires the second factor, whenever it is declared, except those with
   * `config: { secondFactor: false }` and those of this library. Unknown paths answer strangers with 401, too.
   * @default false
   */
  secureByDefault?: boolean
  /**
   * Who answers when a guard refuses. `send`: the guard itself, as SuperTokens' frontends expect it. `throw`: the host's
   * error handler, whose error has that answer as `body`.
   * @default 'send'
   */
  guardRefusals?: 'send' | 'throw'
  /**
   * Whether the access token holds the whole phone number after the first factor; anyone with the browser can read the
   * token. If false, `phoneNumber` is masked there, and a code is requested by the mask or without giving the number.
   * @default true, as in the guides
   */
  exposePhoneNumber?: boolean
  /** Seconds that a code is valid, whatever the Core allows; at most 600 (NIST SP 800-63B 3.1.3.2). @default 300 */
  codeLifetime?: number
  /**
   * How long owners can contest a change of their account by a link, such as a new phone number: seconds, or a text such as
   * `72h`; an hour to 30 days.
   * @default '72h'
   */
  contestPeriod?: number | string
  /**
   * What owners are not told of, by name: `wrong-codes`, `locked`, `factor-added`, `factor-removed`, `phone-changed`,
   * `email-factor-changed`, `recovery-code-used`, `recovery-codes-made`, `password-reset`, `change-undone`
   * (`docs/account.md`). Not all of them.
   * @default []
   */
  noticesOff?: NoticeName[]
  /**
   * Says roughly where an IP address is, for example `Lyon, France`: messages that tell owners of changes name it. It has
   * two seconds.
   * @default none: they name the time only
   */
  placeOf?: PlaceOf
  /** Writes the text of the SMS. @default one segment in the person's language, with a WebOTP line */
  smsText?: SmsText
  /**
   * Language of answers and messages for clients whose `Accept-Language` names none that there is: `en`, `de`, `es`, `fr`,
   * `ja`, `pt`, or one of `messages`.
   * @default 'en'
   */
  defaultLanguage?: string
  /**
   * Further languages, and words of your own in those that there are: for each language tag, texts by their English
   * sentence. What is missing is said in a broader language, at last in English.
   * @default {}
   */
  messages?: Messages
  /** Country of phone numbers that are typed without `+`. @default none: only international numbers are accepted */
  defaultCountry?: CountryCode
  /** Sender of text messages: a built-in provider's settings, or your own sender. @default { provider: 'log' } */
  sms?: SmsOptions | SmsSender
  /** Sender of mails: a built-in provider's settings, or your own sender. @default { provider: 'log' } */
  mail?: MailOptions | MailSender
  /**
   * The property of requests that holds the session. Choose another one beside a plugin that has `request.session` too,
   * such as @fastify/session. `sessionOf(request)` finds it under any name.
   * @default 'session'
   */
  sessionProperty?: string
  /**
   * How session tokens are transferred. `any`: the client chooses with `st-auth-mode`, as SuperTokens' frontends do.
   * @default 'any'
   */
  tokenTransferMethod?: 'any' | 'cookie' | 'header'
  /**
   * Protection of cookie sessions against CSRF.
   * @default 'VIA_CUSTOM_HEADER' if a website is on another site than the API, otherwise 'NONE' (SameSite=Lax cookies)
   */
  antiCsrf?: 'NONE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN'
  /**
   * Maximum age of the roles and permissions in a token when a route checks them or the session is refreshed: seconds, or
   * a text such as `5m`. Older ones are fetched from the Core.
   * @default '5m'
   */
  rolesMaxAge?: number | string
  /**
   * How often codes and passwords may be tried and messages sent. `false` for no limits at all.
   * @default those in `docs/limits.md`
   */
  limits?: LimitsOptions | false
  /** Maximum number of concurrent requests under `apiBasePath`; further ones get 503 at once. @default 256 */
  authConcurrency?: number
  /** `Domain` attribute of the session cookies. @default none: the API's host only */
  cookieDomain?: string
}
