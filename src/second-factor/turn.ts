import { randomUUID } from 'node:crypto'
import type { UserContext } from 'supertokens-node/types'
import { ChangeUnderWay } from '../errors.js'
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
 * @param write merges changes into the user's metadata and returns the result
 * @returns undefined when another change is under way
 */
export async function takeTurnWith (write: (changes: Metadata) => Promise<Metadata>): Promise<Turn | undefined> {
  const own = PREFIX + randomUUID()
  const metadata = await write({ [own]: Date.now() })
  if (othersChanging(metadata, own)) {
    await write({ [own]: null })
    return undefined
  }
  // Its own, and those of sessions that died.
  const over = Object.fromEntries(Object.keys(metadata).filter(isAnnouncement).map((key) => [key, null]))
  return { metadata, end: (changes = {}) => write({ ...changes, ...over }) }
}

/** The same for sessions of this service. */
export async function takeTurn (userId: string, userContext: UserContext): Promise<Turn | undefined> {
  return await takeTurnWith((changes) => updateMetadata(userId, changes, userContext))
}

/** @throws AUTH_CHANGE_UNDER_WAY instead of returning undefined */
export async function requireTurn (userId: string, userContext: UserContext): Promise<Turn> {
  const turn = await takeTurn(userId, userContext)
  if (turn === undefined) throw new ChangeUnderWay()
  return turn
}
