import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { isEnrolmentOf, updateMetadata, type Metadata } from './records.js'
import type { UserContext } from 'supertokens-node/types'

/** How long a session that started to enrol and died keeps others waiting. */
const PATIENCE_MS = 60_000
const PREFIX = 'fastify-2fa:enrolment:'

function othersEnrolling (metadata: Metadata, own: string): boolean {
  return Object.entries(metadata).some(([key, since]) =>
    key.startsWith(PREFIX) && key !== own && typeof since === 'number' && Date.now() - since < PATIENCE_MS)
}

export interface Enrolment {
  userId: string
  /** Key of the enrolment, and what to write there. */
  key: string
  value: unknown
  /** Records that must not exist yet: those of every factor, or only this one's where another factor was passed just now. */
  absent: readonly string[]
  /** What else is written with it, where the user has none of it yet: keys and values. */
  beside?: Metadata
}

/**
 * Writes the record of a factor, once. Two sessions that enrol at the same moment announce themselves first, each under a
 * key of its own. At least one of them finds the other's announcement in the Core's answer and withdraws, so that never
 * two factors are enrolled, whichever they are.
 *
 * @returns the keys that were written; undefined when something is enrolled already, or another session is enrolling
 */
export async function enrol ({ userId, key, value, absent, beside = {} }: Enrolment, userContext: UserContext): Promise<string[] | undefined> {
  const own = PREFIX + randomUUID()
  const announced = await updateMetadata(userId, { [own]: Date.now() }, userContext)
  const isTaken = (known: string): boolean => known === key || absent.some((record) => isEnrolmentOf(record, known))
  if (Object.keys(announced).some(isTaken) || othersEnrolling(announced, own)) {
    await updateMetadata(userId, { [own]: null }, userContext)
    return undefined
  }
  const finished = Object.keys(announced).filter((one) => one.startsWith(PREFIX))
  const added = Object.fromEntries(Object.entries(beside).filter(([one]) => announced[one] === undefined))
  const written = await updateMetadata(userId, { ...added, [key]: value, ...Object.fromEntries(finished.map((one) => [one, null])) }, userContext)
  return isDeepStrictEqual(written[key], value) ? [key, ...Object.keys(added)] : undefined
}

/** Takes back an enrolment of this request. */
export async function withdraw (userId: string, keys: readonly string[], userContext: UserContext): Promise<void> {
  await updateMetadata(userId, Object.fromEntries(keys.map((key) => [key, null])), userContext)
}
