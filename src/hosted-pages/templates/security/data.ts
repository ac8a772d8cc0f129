import type { Problem } from '../../problem.js'

/** Second factors that have pages. */
export type FactorKind = 'sms' | 'email' | 'totp' | 'passkey'

/** Something that the person has set up. */
export interface Enrolment {
  kind: FactorKind
  /** Names it in the address of its pages; of phones and addresses there is one each. */
  id?: string
  /** Where its codes go, or what the person calls it; undefined for a passkey without a name. */
  name: string | undefined
  /** Milliseconds since 1970. */
  createdAt?: number | undefined
  lastUsedAt?: number | undefined
  /** Whether the account keeps another one if it goes. */
  isRemovable: boolean
}

/** One of the person's sessions. Times are milliseconds since 1970. */
export interface SessionEntry {
  id: string
  isCurrent: boolean
  startedAt: number
  lastUsedAt: number | undefined
  /** As the browser said. */
  browser: string | undefined
  system: string | undefined
  /** Ids of the second factors that it has passed. */
  passed: readonly string[]
}

/** A browser that is known to the account. */
export interface BrowserEntry {
  id: string
  name: string
  addedAt: number
  expiresAt: number
}

/** What the overview is written from. */
export interface SecurityData {
  /** What has just been done. */
  said: string | undefined
  problem: Problem | undefined
  enrolments: readonly Enrolment[]
  /** Ids of an app's own factors that are set up. Their pages are the app's. */
  own: readonly string[]
  /** What can be set up beside them. */
  addable: readonly FactorKind[]
  /** How many recovery codes are left; undefined where there are none. */
  recoveryCodes: number | undefined
  /** Whether the account signs in with a password, and not only with a social login or a passkey. */
  hasPassword: boolean
  /** The address that the account signs in with; undefined where that is a number. */
  email: string | undefined
  /** This one first. */
  sessions: readonly SessionEntry[]
  /** How many there are, also those that are not listed. */
  sessionCount: number
  /** Undefined where browsers do not become known. */
  browsers: readonly BrowserEntry[] | undefined
  /** What the person is told of, and how. */
  notices: { byPhone: boolean, about: readonly string[] }
  /** A recovery of the account that is under way. Milliseconds since 1970. */
  recovery: { readyAt: number } | undefined
  /** Where the person came from. */
  back: string | undefined
}
