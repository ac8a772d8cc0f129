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
  /** What else is written with it, keys and values: with the first factor always, later where the user has none of it yet. */
  beside?: Metadata
  /** What is written as well, made of the user's metadata from before. It is no part of the enrolment. */
  offer? (metadata: Metadata): Promise<Metadata>
}

/**
 * Writes the record of a factor, once. Of two sessions that enrol at the same moment one at least withdraws, so that never
 * two factors are enrolled, whichever they are.
 *
 * @returns the keys that were written; undefined when something is enrolled already, or another session is enrolling
 */
export async function enrol ({ userId, key, value, absent, isFirst, beside = {}, offer }: Enrolment, userContext: UserContext): Promise<string[] | undefined> {
  const turn = await takeTurn(userId, userContext)
  if (turn === undefined) return undefined
  const isTaken = (known: string): boolean => known === key || absent.some((record) => isEnrolmentOf(record, known))
  if (Object.keys(turn.metadata).some(isTaken)) {
    await turn.end()
    return undefined
  }
  const added = Object.fromEntries(Object.entries(beside).filter(([one]) => isFirst || turn.metadata[one] === undefined))
  const written = await turn.end({ ...await offer?.(turn.metadata), ...added, [key]: value })
  return isDeepStrictEqual(written[key], value) ? [key, ...Object.keys(added)] : undefined
}

/** Takes back an enrolment of this request. */
export async function withdraw (userId: string, keys: readonly string[], userContext: UserContext): Promise<void> {
  await updateMetadata(userId, Object.fromEntries(keys.map((key) => [key, null])), userContext)
}
