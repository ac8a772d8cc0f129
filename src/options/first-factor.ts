import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'

/** The options of the first factor, and of the accounts that it makes. */
export interface FirstFactorOptions {
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
}
