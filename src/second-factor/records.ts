import { randomUUID } from 'node:crypto'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { UserContext } from 'supertokens-node/types'

/**
 * The user's metadata in the Core: where enrolments, locks and spent challenges are kept. The Core merges an update key by
 * key in one transaction and answers with the merged result. It has no compare-and-set, so whoever needs one writes a key
 * of its own and looks in the answer for keys of others.
 */
export type Metadata = Record<string, unknown>

export async function readMetadata (userId: string, userContext: UserContext): Promise<Metadata> {
  const { metadata } = await UserMetadata.getUserMetadata(userId, userContext)
  return metadata as Metadata
}

/** Keys whose value is null are removed. Returns what the Core holds afterwards. */
export async function updateMetadata (userId: string, update: Metadata, userContext?: UserContext): Promise<Metadata> {
  const { metadata } = await UserMetadata.updateUserMetadata(userId, update as never, userContext as Record<string, unknown> | undefined)
  return metadata as Metadata
}

/** Whether a key of the metadata holds an enrolment of a factor with this `record` (`Factor.severalIds`). */
export function isEnrolmentOf (record: string, key: string): boolean {
  return key === record || key.startsWith(`${record}:`)
}

/** The enrolments of a factor that can be enrolled several times, by id. */
export function enrolmentsIn (metadata: Metadata, record: string): Array<[id: string, value: unknown]> {
  const prefix = `${record}:`
  return Object.entries(metadata).filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value])
}

const SPENT_PREFIX = 'fastify-2fa:spent:'
/** Longer than any challenge can be answered: an expired one needs no mark. */
const SPENT_MEMORY_MS = 2 * 600_000

const marksOf = (challengeId: string): string => `${SPENT_PREFIX}${challengeId}:`

/** Whether a challenge has been used. An answer that arrives at the same moment may see it a little later: see {@link spend}. */
export async function isSpent (userId: string, challengeId: string, userContext: UserContext): Promise<boolean> {
  return Object.keys(await readMetadata(userId, userContext)).some((key) => key.startsWith(marksOf(challengeId)))
}

/**
 * Uses a challenge up, once over all replicas (NIST SP 800-63B 3.2.7). Of several answers that arrive together, the first
 * mark in the Core wins; everyone after it sees that mark beside their own.
 *
 * @returns false when the challenge has been used already
 */
export async function spend (userId: string, challengeId: string, userContext: UserContext): Promise<boolean> {
  const now = Date.now()
  const stale = Object.entries(await readMetadata(userId, userContext))
    .filter(([key, at]) => key.startsWith(SPENT_PREFIX) && !(typeof at === 'number' && now - at < SPENT_MEMORY_MS))
  const marks = marksOf(challengeId)
  const own = marks + randomUUID()
  const merged = await updateMetadata(userId, { ...Object.fromEntries(stale.map(([key]) => [key, null])), [own]: now }, userContext)
  return Object.keys(merged).every((key) => key === own || !key.startsWith(marks))
}
