import { randomUUID } from 'node:crypto'
import type { UserContext } from 'supertokens-node/types'
import { updateMetadata, type Metadata } from './records.js'

/** How long a session that began a change and died keeps others waiting. */
const PATIENCE_MS = 60_000
const PREFIX = 'fastify-2fa:enrolment:'

const isAnnouncement = (key: string): boolean => key.startsWith(PREFIX)

function othersChanging (metadata: Metadata, own: string): boolean {
  return Object.entries(metadata).some(([key, since]) =>
    isAnnouncement(key) && key !== own && typeof since === 'number' && Date.now() - since < PATIENCE_MS)
}

/** The time in which nobody else changes what a user has enrolled. */
export interface Turn {
  /** The user's metadata at its beginning. */
  metadata: Metadata
  /** Ends it with these changes, and returns the metadata afterwards. */
  end (changes?: Metadata): Promise<Metadata>
}

/**
 * Of several sessions that change what a user has enrolled at the same moment, lets one at most. Each announces itself
 * first, under a key of its own, and at least one of them finds the other's announcement in the Core's answer.
 *
 * @returns undefined when another change is under way
 */
export async function takeTurn (userId: string, userContext: UserContext): Promise<Turn | undefined> {
  const own = PREFIX + randomUUID()
  const metadata = await updateMetadata(userId, { [own]: Date.now() }, userContext)
  if (othersChanging(metadata, own)) {
    await updateMetadata(userId, { [own]: null }, userContext)
    return undefined
  }
  // Its own, and those of sessions that died.
  const over = Object.fromEntries(Object.keys(metadata).filter(isAnnouncement).map((key) => [key, null]))
  return { metadata, end: (changes = {}) => updateMetadata(userId, { ...changes, ...over }, userContext) }
}
