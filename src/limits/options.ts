/** Wrong codes, counted per user: a new code, a resend, another session or device does not reset them (NIST 800-63B 3.1.3.2). */
export interface FailureLimits {
  /** Codes that can be tried between two waits. @default 5 */
  triesPerWait?: number
  /** Seconds to wait after each lot of tries; the last one repeats. @default [30, 60, 120, 300, 600, 900, 1800, 3600] */
  waits?: number[]
  /** Consecutive failures after which the second factor is locked until an operator unlocks it; 100 at most (NIST 800-63B 3.2.2). @default 50 */
  lockAfter?: number
}

/** Messages with a code: asking for one and having it sent again are the same. Windows slide, so that no burst at a boundary gets through. */
export interface SendLimits {
  /** Seconds between two messages to a user; 0 for none. @default 30 */
  cooldown?: number
  /** Per user and per phone number. @default 5 */
  perTenMinutes?: number
  /** Per user and per phone number. @default 10 */
  perDay?: number
  /** Per address of a client: an IPv4 address or an IPv6 network (/64). @default 30 */
  perAddressInTenMinutes?: number
  /** @default 200 */
  perAddressInADay?: number
}

/** Wrong passwords. Whether the account exists makes no difference to any of it. */
export interface SignInLimits {
  /** Wrong passwords for one account from one address before waits begin. @default 10 */
  perAccountAndAddress?: number
  /** Wrong passwords for one account from anywhere. Addresses from which the account has signed in before are exempt. @default 30 */
  perAccount?: number
  /** Wrong passwords for any accounts from one address, within an hour. @default 100 */
  perAddress?: number
  /** Seconds to wait after each further wrong password; the last one repeats. 900 at most, so that nobody is kept out for good. @default [30, 60, 120, 300, 600, 900] */
  waits?: number[]
  /** Milliseconds that the answer to a wrong password takes at least: the Core answers sooner when there is no such account. @default 400 */
  refusalTime?: number
}

/** What one person, phone number, account or address may do, and how often. */
export interface LimitsOptions {
  /** `redis://` or `rediss://` address of the Redis that replicas share. @default none: counted in this process, for one replica */
  redisUrl?: string
  /** Countries that codes are sent to, as ISO codes (`US`) or calling codes (`49`). @default [], which is all */
  countries?: string[]
  /** `false` for none. */
  failures?: FailureLimits | false
  /** `false` for none. */
  sends?: SendLimits | false
  /** `false` for none. */
  signIn?: SignInLimits | false
}
