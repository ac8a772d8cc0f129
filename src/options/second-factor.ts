import type { CountryCode } from 'libphonenumber-js/max'
import type { Factor } from '../second-factor/factor.js'
import type { SecondFactorRequirement } from '../second-factor/requirement.js'
import type { FactorName } from '../second-factor/factors/index.js'
import type { EmailFactorFlow } from '../second-factor/factors/email/options.js'
import type { NoticeName } from '../second-factor/notice-texts.js'
import type { PlaceOf } from '../second-factor/place.js'
import type { SmsText } from '../second-factor/factors/sms/message.js'

/** The options of the second factors, of those who need one, and of what their owners are told. */
export interface SecondFactorOptions {
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
   * Whether the access token holds the whole phone number after the first factor; anyone with the browser can read the
   * token. If false, `phoneNumber` is masked there, and a code is requested by the mask or without giving the number.
   * @default true, as in the guides
   */
  exposePhoneNumber?: boolean
  /** How long a code is valid, whatever the Core allows: seconds, or a text such as `5m`; at most 600 (NIST SP 800-63B 3.1.3.2). @default '5m' */
  codeLifetime?: number | string
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
   * Whether owners are told when their second factor is passed in a browser that their account was not used in lately:
   * another family, such as `Firefox on Windows`, among the last eight. Clients name their browser themselves.
   * @default false
   */
  newBrowserNotices?: boolean
  /**
   * Says roughly where an IP address is, for example `Lyon, France`: messages that tell owners of changes name it. It has
   * two seconds.
   * @default none: they name the time only
   */
  placeOf?: PlaceOf
  /** Writes the text of the SMS. @default one segment in the person's language, with a WebOTP line */
  smsText?: SmsText
  /** Country of phone numbers that are typed without `+`. @default none: only international numbers are accepted */
  defaultCountry?: CountryCode
}
