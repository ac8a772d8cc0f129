import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import * as Session from 'supertokens-node/recipe/session'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import { SessionReplaced } from '../errors.js'
import { learnValidity } from './last-use.js'

/**
 * Sessions that ended in this process. An access token is valid until it expires, and nobody asks the Core about it: what
 * this process knows of itself it goes by. Other replicas learn it when the token is refreshed, or with `checkDatabase`.
 */

/** About 2 MB. Beyond it the oldest are forgotten, and their tokens live until they expire. */
const MOST = 10_000

const ended = new Set<string>()

/** Until when, by the monotonic clock; by the hash of the refresh token that was replaced. */
const replaced = new Map<string, number>()
/** How long a request that was sent before the new tokens arrived can be on its way. */
const ON_ITS_WAY_MS = 30_000

function keepAtMost (memory: { size: number, keys (): Iterator<string>, delete (key: string): unknown }): void {
  while (memory.size > MOST) memory.delete(memory.keys().next().value as string)
}

export function isEnded (handle: string): boolean {
  return ended.size > 0 && ended.has(handle)
}

/** What a request gets that an ended session cannot go on with. */
export const endedHere = () => new Session.Error({ type: 'TRY_REFRESH_TOKEN', message: 'The session has ended.' })

/**
 * The same where the Core says so. No answer but a refresh deletes tokens: the browser may have newer ones by now, where a
 * code is sent twice and the first answer has replaced the session.
 */
export const sessionEnded = () => new Session.Error({ type: 'UNAUTHORISED', message: 'the session has ended', payload: { clearTokens: false } })

/** What the SDK says where a session or its user is gone from the Core; deleting a user ends its sessions. */
const NO_SESSION = 'Session does not exist anymore'
const NO_USER = 'UNKNOWN_USER_ID'

/**
 * Our own error for those of the SDK that say that a session has ended. Of its own, one would delete the tokens with the
 * answer, and the other, of `EmailVerificationClaim`, is a plain error.
 */
export function asSessionEnded (err: unknown): unknown {
  const isGone = err instanceof Session.Error ? err.type === Session.Error.UNAUTHORISED && err.message === NO_SESSION : err instanceof Error && err.message === NO_USER
  return isGone ? sessionEnded() : err
}

export function noteEnded (handles: readonly string[]): void {
  for (const handle of handles) ended.add(handle)
  keepAtMost(ended)
}

/** Remembers for a moment which refresh token a session had that another one has replaced. */
export function noteReplaced (handle: string, { refreshTokenHash1 }: { refreshTokenHash1?: unknown }): void {
  noteEnded([handle])
  if (typeof refreshTokenHash1 !== 'string') return
  replaced.set(refreshTokenHash1, performance.now() + ON_ITS_WAY_MS)
  keepAtMost(replaced)
}

/** Whether the session of a refresh token was replaced a moment ago. */
function wasReplaced (refreshToken: string): boolean {
  // As the Core names it in the access token that goes with it.
  const until = replaced.get(createHash('sha256').update(refreshToken).digest('hex'))
  return until !== undefined && performance.now() < until
}

/**
 * Notes how long sessions live, and which of them end. A frontend that refreshes with the token of a session that was
 * replaced a moment ago is told so, and not that it is signed out: the new tokens are on their way to it. Whoever copied
 * the token gets nothing.
 */
export function watchSessions (original: RecipeInterface): Pick<RecipeInterface, 'createNewSession' | 'refreshSession' | 'revokeSession' | 'revokeMultipleSessions' | 'revokeAllSessionsForUser'> {
  return {
    async createNewSession (input) {
      const session = await original.createNewSession(input)
      learnValidity(session)
      return session
    },
    async refreshSession (input) {
      try {
        const session = await original.refreshSession(input)
        learnValidity(session)
        return session
      } catch (err) {
        if (Session.Error.isErrorFromSuperTokens(err) && err.type === Session.Error.UNAUTHORISED && wasReplaced(input.refreshToken)) throw new SessionReplaced()
        throw err
      }
    },
    async revokeSession (input) {
      const revoked = await original.revokeSession(input)
      noteEnded([input.sessionHandle])
      return revoked
    },
    async revokeMultipleSessions (input) {
      const revoked = await original.revokeMultipleSessions(input)
      noteEnded(input.sessionHandles)
      return revoked
    },
    async revokeAllSessionsForUser (input) {
      const revoked = await original.revokeAllSessionsForUser(input)
      noteEnded(revoked)
      return revoked
    }
  }
}
