import { randomUUID } from 'node:crypto'
import { updateMetadata, type Metadata } from './records.js'
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
  /** Key of the record, and what to write there. */
  record: string
  value: unknown
  /** Records that must not exist yet: those of every factor, or only this one's where another factor was passed just now. */
  absent: readonly string[]
}

/**
 * Writes the record of a factor, once. Two sessions that enrol at the same moment announce themselves first, each under a
 * key of its own. At least one of them finds the other's announcement in the Core's answer and withdraws, so that never
 * two factors are enrolled, whichever they are.
 *
 * @returns false when something is enrolled already, or another session is enrolling
 */
export async function enrol ({ userId, record, value, absent }: Enrolment, userContext: UserContext): Promise<boolean> {
  const own = PREFIX + randomUUID()
  const announced = await updateMetadata(userId, { [own]: Date.now() }, userContext)
  if (absent.some((key) => announced[key] !== undefined) || othersEnrolling(announced, own)) {
    await updateMetadata(userId, { [own]: null }, userContext)
    return false
  }
  const finished = Object.keys(announced).filter((key) => key.startsWith(PREFIX))
  const written = await updateMetadata(userId, { [record]: value, ...Object.fromEntries(finished.map((key) => [key, null])) }, userContext)
  return written[record] === value
}

/** Takes back an enrolment of this request. */
export async function withdraw (userId: string, record: string, userContext: UserContext): Promise<void> {
  await updateMetadata(userId, { [record]: null }, userContext)
}
