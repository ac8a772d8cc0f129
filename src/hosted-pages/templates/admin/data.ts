import type { AuditPage } from '../../../audit/reader/reader.js'
import type { FilterTexts } from '../../../audit/reader/filters.js'
import type { PageText } from '../../../language/page-sentences.js'
import type { Problem } from '../../problem.js'

/** A person in a list. */
export interface AdminEntry {
  id: string
  /** What they sign in with, masked unless the visitor may see it. */
  logins: readonly string[]
  /** Milliseconds since 1970, as are all times. */
  joinedAt: number
}

export interface AdminData {
  /** What has just been done. */
  said: string | undefined
  problem: Problem | undefined
  /** What was searched for. */
  search: string
  /** Whether the beginning of an address is enough. */
  findsBeginnings: boolean
  people: readonly AdminEntry[]
  /** Cursor of the next page. */
  next: string | undefined
  /** Whether more than these were found. */
  isIncomplete: boolean
}

/** What can be done to a person. */
export const ADMIN_ACTS = ['unlock', 'reset-factor', 'end-session', 'end-sessions', 'start-recovery', 'stop-recovery', 'force-password-change', 'delete'] as const
export type AdminAct = typeof ADMIN_ACTS[number]

/** What each is called, and what it means for the person. */
export const ACT_TEXTS = {
  unlock: ['Unlock the second factor', 'The second factor can be used again, and failures are counted anew.'],
  'reset-factor': ['Reset this factor', 'The factor is removed, and the person is signed out everywhere.'],
  'end-session': ['End this session', 'The person is signed out of this browser.'],
  'end-sessions': ['End all sessions', 'The person is signed out everywhere.'],
  'start-recovery': ['Start a recovery', 'After the waiting time, the person can set up a new second factor with the password and the mailbox.'],
  'stop-recovery': ['End the recovery', 'The recovery that is under way ends.'],
  'force-password-change': ['Ask for a new password', 'The person is signed out everywhere, and has to choose a new password by a link.'],
  delete: ['Delete this account', 'The account and all that is kept of it are removed. This cannot be undone.']
} as const satisfies Record<AdminAct, readonly [PageText, PageText]>

/** A second factor of the person. */
export interface AdminFactor {
  /** Of the factor, such as `totp`; several can have it. */
  factor: string
  /** Where codes go, masked, or what the person calls it. */
  name: string | undefined
  since: number | undefined
  lastUse: number | undefined
  /** Recovery codes that are left. */
  left: number | undefined
  isBroken: boolean
}

export interface AdminSession {
  handle: string
  startedAt: number
  lastUsedAt: number | undefined
  browser: string | undefined
  system: string | undefined
  /** Ids of the second factors that it has passed. */
  passed: readonly string[]
}

export interface AdminPersonData extends AdminEntry {
  said: string | undefined
  problem: Problem | undefined
  factors: readonly AdminFactor[]
  lockedAt: number | undefined
  mustChangePassword: boolean
  recoveryReadyAt: number | undefined
  isBeingDeleted: boolean
  roles: readonly string[]
  sessions: readonly AdminSession[]
  /** How many there are, also those that are not listed. */
  sessionCount: number
  /** Their newest audit events; or why there are none: no file is kept, or it cannot be read now. */
  audit: AuditPage | 'not-kept' | 'away'
  /** What the visitor may do to this person now. */
  acts: readonly AdminAct[]
}

export interface AdminAuditData {
  problem: Problem | undefined
  /** As they were typed. */
  filters: FilterTexts
  /** What was found; undefined where no audit file is kept. */
  found: AuditPage | undefined
}

export interface AdminActData {
  problem: Problem | undefined
  act: AdminAct
  id: string
  /** The person. */
  name: string
  /** Id of what it is about: a factor or a session. It comes from the address, so it is not shown. */
  item: string
  /** The factor that it is about. */
  factor: string | undefined
  /** The reason that was typed. */
  typed: string
}
