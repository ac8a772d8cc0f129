import { isDeepStrictEqual } from 'node:util'
import { isEnrolmentOf, updateMetadata, type Metadata } from './records.js'
import type { UserContext } from 'supertokens-node/types'
import { takeTurn } from './turn.js'

export interface Enrolment {
  userId: string
  /** Key of the enrolment, and what to write there. */
  key: string
  value: unknown
  /** Records that must not exist yet: those of every factor, or only this one's where another factor was passed just now. */
  absent: readonly string[]
  /** Whether it is the account's first factor. */
  isFirst: boolean
  /** What goes with the value, keys and values. */
  along?: Metadata | undefined
  /** What else is written with it, keys and values: with the first factor always, later where the user has none of it yet. */
  beside?: Metadata
  /**
   * For an enrolment that takes the place of what there is: the update that removes it, or undefined when that is not
   * allowed any more. Asked while nobody else changes the account.
   */
  instead?: (metadata: Metadata) => Metadata | undefined
  /** What is written as well, made of the user's metadata from before. It is no part of the enrolment. */
  offer? (metadata: Metadata): Promise<Metadata>
}

/** What was written, and how it was before. */
export interface Enrolled {
  keys: string[]
  before: Metadata
}

/**
 * Writes the record of a factor, once. Of two sessions that enrol at the same moment one at least withdraws, so that never
 * two factors are enrolled, whichever they are.
 *
 * @returns undefined when something is enrolled already, or another session is enrolling
 */
export async function enrol ({ userId, key, value, absent, isFirst, along = {}, beside = {}, instead, offer }: Enrolment, userContext: UserContext): Promise<Enrolled | undefined> {
  const turn = await takeTurn(userId, userContext)
  if (turn === undefined) return undefined
  const isTaken = (known: string): boolean => known === key || absent.some((record) => isEnrolmentOf(record, known))
  const replaced = instead === undefined ? {} : instead(turn.metadata)
  if (replaced === undefined || (instead === undefined && Object.keys(turn.metadata).some(isTaken))) {
    await turn.end()
    return undefined
  }
  const added = Object.fromEntries(Object.entries(beside).filter(([one]) => isFirst || turn.metadata[one] === undefined))
  const changes: Metadata = { ...replaced, ...added, ...along, [key]: value }
  const written = await turn.end({ ...await offer?.(turn.metadata), ...changes })
  if (!isDeepStrictEqual(written[key], value)) return undefined
  return { keys: [key, ...Object.keys(added)], before: Object.fromEntries(Object.keys(changes).map((one) => [one, turn.metadata[one] ?? null])) }
}

/**
 * Takes back an enrolment of this request, and brings back what it has replaced: an account that is left without a factor
 * would take that of whoever has the password.
 */
export async function withdraw (userId: string, { before }: Enrolled, userContext: UserContext): Promise<void> {
  await updateMetadata(userId, before, userContext)
}
