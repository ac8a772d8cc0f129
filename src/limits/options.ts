import type { SpendLimits } from './spend-options.js'

/**
 * Limits on wrong codes, counted per user. A new code, a resend, another session or another device does not reset the
 * count (NIST 800-63B 3.1.3.2).
 */
export interface FailureLimits {
  /** Codes that can be tried before each wait. @default 5 */
  triesPerWait?: number
  /**
   * Seconds to wait after each `triesPerWait` failures; the last one repeats.
   * @default [30, 60, 120, 300, 600, 900, 1800, 3600]
   */
  waits?: number[]
  /**
   * Consecutive failures after which the second factor is locked until an operator unlocks it; at most 100 (NIST
   * 800-63B 3.2.2). Fewer where several answers pass at the same moment: a third with one authenticator app.
   * @default 50
   */
  lockAfter?: number
  /**
   * Wrong answers in thirty days, whatever succeeds in between. Then one or two a day are tried, except from networks
   * from which the user has passed the second factor in the last three weeks.
   * @default 50
   */
  perThirtyDays?: number
}

/**
 * Limits on messages that carry a code. An account is counted by itself once it has proved that the number is its own;
 * until then, all accounts share the windows of a number. A resend counts like a new code. The windows slide, so that a burst at a
 * boundary cannot get twice the number through.
 */
export interface SendLimits {
  /**
   * Seconds between two messages to the same user; 0 for none. The right code ends them. As long as stock pages keep their
   * button to resend closed.
   * @default 15
   */
  cooldown?: number
  /** Per user, and per phone number over all users who have not proved it. @default 5 */
  perTenMinutes?: number
  /** The same in a day. @default 10 */
  perDay?: number
  /**
   * Per client address: an IPv4 address or an IPv6 network (/64). A /56 may send twice, a /48 four times as many.
   * @default 30
   */
  perAddressInTenMinutes?: number
  /** Per client address. @default 200 */
  perAddressInADay?: number
  /** Messages in an hour to numbers that have not answered a code yet, in all. @default 200 */
  newNumbersPerHour?: number
  /** The same in a day. Log and audit say when half is used. @default 500 */
  newNumbersPerDay?: number
  /**
   * Unanswered messages to new numbers from one client address, before it has to wait until somebody answers. A /56 has
   * twice, a /48 four times as many. No address takes more than a third of a range and a quarter of a million numbers.
   * @default 10
   */
  unansweredPerNetwork?: number
  /** New numbers in a range of 10,000 that do not answer before it is closed for 12 to 24 hours. @default 6 */
  unansweredPerRange?: number
  /** Unanswered messages to a range of a million. @default 40 */
  unansweredPerMillion?: number
  /** The same to a country. @default 100 */
  unansweredPerCountry?: number
  /**
   * The same to all countries together from which fewer than three codes came back within three weeks, until yesterday.
   * @default 120
   */
  unansweredElsewhere?: number
  /**
   * Percentage of the messages to new numbers that people answer at least. What closes is what stays below it, by more
   * messages than the five numbers above.
   * @default 40
   */
  answeredPercent?: number
}

/**
 * Limits on what needs no account: sign-ups, and mails to an address that nobody has confirmed yet. Calls of the host
 * itself are not counted.
 */
export interface OpenActionLimits {
  /** Per login name or mail address. @default 5 */
  perTenMinutes?: number
  /** Per login name or mail address. @default 10 */
  perDay?: number
  /** Per client address. @default 60 */
  perAddressInTenMinutes?: number
  /** Per client address. @default 400 */
  perAddressInADay?: number
  /** In all. Log and audit say when half is used. @default 2000 */
  perHourInAll?: number
  /** In all. @default 20000 */
  perDayInAll?: number
}

/** Limits on wrong passwords. They are the same whether or not the account exists. */
export interface SignInLimits {
  /** Wrong passwords for one account from one address before waits begin. @default 10 */
  perAccountAndAddress?: number
  /**
   * Wrong passwords for one account from anywhere. Addresses from which the account has signed in before are exempt.
   * @default 30
   */
  perAccount?: number
  /**
   * Wrong passwords for any account from one address, within an hour. A /56 has twice, a /48 four times as many.
   * @default 100
   */
  perAddress?: number
  /**
   * Seconds to wait after each further wrong password; the last one repeats. At most 900 each, so that a stranger
   * cannot lock anyone out for good.
   * @default [30, 60, 120, 300, 600, 900]
   */
  waits?: number[]
  /**
   * Minimum milliseconds before a wrong password is answered. It hides what is left of the difference between known
   * and unknown accounts.
   * @default 400
   */
  refusalTime?: number
}

/** How often a user, phone number, account or client address may try and send. */
export interface LimitsOptions {
  /**
   * URL (`redis://` or `rediss://`) of the Redis that replicas share.
   * @default none: counts are kept in this process, which suits a single replica
   */
  redisUrl?: string
  /** Countries that codes may be sent to, as ISO codes (`US`) or calling codes (`49`). @default [], which allows all */
  countries?: string[]
  /** `false` for none. */
  failures?: FailureLimits | false
  /** `false` for none. */
  sends?: SendLimits | false
  /** What text messages cost, and may cost in a day (`docs/delivery/cost.md`). @default none */
  spend?: SpendLimits
  /** `false` for none. */
  signIn?: SignInLimits | false
  /** Sign-ups, by password or social login. `false` for none. */
  signUps?: OpenActionLimits | false
  /** Mails that verify an address. `false` for none. */
  mails?: OpenActionLimits | false
  /** Calls of the admin API and acts on the admin page, by who makes them. `false` for none. */
  admin?: AdminLimits | false
}

/** What each caller of the administration may do in a minute. */
export interface AdminLimits {
  /** All calls. @default 600 */
  perMinute?: number
  /** Changes among them, so that a stolen key is noticed before it has changed every account. @default 60 */
  changesPerMinute?: number
}
