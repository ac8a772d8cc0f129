/** What a person has to decide about an account, and what is the case until then. */
export const PROBLEMS = {
  'phone-gone': 'The second factor points to nobody, or to a user without a phone. Nobody gets in: reset it with `user reset-factor <id> sms`.',
  'record-invalid': 'The second factor cannot be read. Nobody gets in: reset it with `user reset-factor <id> sms`.',
  'phone-unusable': 'The number is none that codes can go to. Reset it with `user reset-factor <id> sms`.',
  'phone-shared': 'Several accounts have this phone: a family, or somebody who has put their phone into the account of another. Ask the owners; `user reset-factor` takes it from one. `to-mfa` leaves it out.',
  'linked-logins': 'The account has several logins that are linked. They go on working; accounts are not linked or parted here.',
  'login-no-number': 'The login is no phone number. Nobody can sign in with it: give the account one with `user change-number`.',
  'login-taken': 'The login is a number in a spelling that cannot be typed any more, and another account has the number. Decide whose it is.',
  'mfa-required': 'The account has required factors of SuperTokens\' MFA recipe. Use `migrate from-mfa`.',
  'several-phones': 'The account has several phones in SuperTokens\' MFA recipe, and can have one here: codes go to the first. The owner can enrol the other one in its place.',
  'totp-unreadable': 'The account had an authenticator app only, whose secret the Core does not tell. The password has to be chosen anew, by a link, and then a second factor is set up.',
  'totp-unreadable-locked': 'The account had an authenticator app only, whose secret the Core does not tell, and has no password that could be chosen anew by a link. Its second factor is locked. Find out who the owner is, then `user unlock <id>`: whoever signs in first sets up the second factor.',
  'cannot-link': 'The Core does not link the phone to the account.',
  'factor-stays': 'The account has factors that SuperTokens\' MFA recipe does not read. They have to be set up there anew.'
} as const

export type Problem = keyof typeof PROBLEMS

export interface Finding {
  userId: string
  problem: Problem
  /** Masked. */
  phone?: string
  /** Ids of the other accounts that it is about. */
  others?: string[]
  /** What the Core says, or names of factors. */
  detail?: string
}

/** What is done to accounts. In a dry run: what would be. */
export const CHANGES = {
  'number-noted': 'numbers written down beside the phone',
  'login-rewritten': 'logins rewritten as E.164',
  'session-asks-again': 'sessions that have to pass the second factor once more',
  'phone-adopted': 'phones adopted from linked logins',
  'requirement-adopted': 'accounts that need a second factor by a rule of their own',
  'password-change-forced': 'passwords that have to be chosen anew',
  locked: 'second factors locked, since the account would be open without its own',
  'phone-linked': 'phones linked to their accounts'
} as const

export type Change = keyof typeof CHANGES

export interface Report {
  dryRun: boolean
  /** Users who sign in with a password or a provider. */
  accounts: number
  enrolled: number
  notEnrolled: number
  /** Users of phones to which no account points. They sign nobody in. */
  unusedPhones: number
  changes: Partial<Record<Change, number>>
  findings: Finding[]
}
