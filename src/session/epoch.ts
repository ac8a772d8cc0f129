import { randomUUID } from 'node:crypto'
import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { updateMetadata, type Metadata } from '../second-factor/records.js'

/**
 * Marks in the user's metadata. Whoever ends all sessions of a user writes a mark first and then revokes: a session that
 * is being created meanwhile is either there to be revoked, or finds the mark after its birth (`birth.ts`).
 */
export const CREDENTIAL_CHANGED = 'fastify-2fa:credential-changed'
export const SESSIONS_ENDED = 'fastify-2fa:sessions-ended'
/**
 * Since when the account is being deleted, in milliseconds since 1970. It gets no sessions from then on, so that a deletion which
 * dies half-way leaves nobody who could sign in with a factor gone, and enrol another one.
 */
export const DELETING = 'fastify-2fa:deleting'

/** `id` tells marks apart without a clock. `at`, in milliseconds since 1970, is by the clock of the replica that wrote it. */
export interface Mark { id: string, at: number }

/** How much the clocks of two replicas may differ. */
const CLOCK_SKEW_MS = 5 * 60_000

/**
 * Writes a mark. Accounts that are linked share that of their user. An id that is no user has no credentials, and a mark
 * would stay for ever.
 */
export async function mark (key: typeof CREDENTIAL_CHANGED | typeof SESSIONS_ENDED, id: string, userContext: UserContext): Promise<Mark | undefined> {
  const user = await getUser(id, userContext)
  if (user === undefined) return undefined
  const written: Mark = { id: randomUUID(), at: Date.now() }
  await updateMetadata(user.id, { [key]: written }, userContext)
  return written
}

/** Names the present credentials of a user; undefined if they were never changed. */
export function credentialsOf (epoch: Metadata): string | undefined {
  return (epoch[CREDENTIAL_CHANGED] as Mark | undefined)?.id
}

/** Whether credentials may have changed since `time`, if clocks differ. */
export function mayHaveChangedSince (epoch: Metadata, time: number): boolean {
  const changed = epoch[CREDENTIAL_CHANGED] as Mark | undefined
  return changed !== undefined && !(changed.at < time - CLOCK_SKEW_MS)
}
