import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import * as Session from 'supertokens-node/recipe/session'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { SessionReplaced } from '../errors.js'
import { MOST_HANDLES, type SessionRevoked } from '../revocations/event.js'
import { becauseOf, reasonOf } from './end-reason.js'
import { learnValidity } from './last-use.js'

/**
 * Sessions that have ended, here or, as `src/revocations` says, in another replica. An access token is valid until it
 * expires, and nobody asks the Core about it: guards go by what this process knows.
 */

/** About 10 MB. Beyond it the oldest are forgotten, and their tokens live until they expire. */
const MOST = 50_000

const ended = new Set<string>()

/** Users all of whose sessions ended, and when: milliseconds since 1970, with the tenant where only that one is meant. */
const endedUsers = new Map<string, { at: number, tenantId: string | undefined }>()

/** Until when, by the monotonic clock; by the hash of the refresh token that was replaced. */
const replaced = new Map<string, number>()
/** How long a request that was sent before the new tokens arrived can be on its way. */
const ON_ITS_WAY_MS = 30_000

function keepAtMost (memory: { size: number, keys (): Iterator<string>, delete (key: string): unknown }): void {
  while (memory.size > MOST) memory.delete(memory.keys().next().value as string)
}

/** What the payload of an access token says of whose it is, and since when. */
export interface TokenOwner {
  sub?: unknown
  /** Seconds since 1970. */
  iat?: unknown
  tId?: unknown
}

function isUserEnded ({ sub, iat, tId }: TokenOwner): boolean {
  const end = typeof sub === 'string' ? endedUsers.get(sub) : undefined
  if (end === undefined || (end.tenantId !== undefined && end.tenantId !== tId)) return false
  // `iat` is rounded down: a token of the same second is refused as well, and its refresh brings another one.
  return !(typeof iat === 'number' && iat * 1000 > end.at)
}

export function isEnded (handle: string, owner: TokenOwner): boolean {
  return (ended.size > 0 && ended.has(handle)) || (endedUsers.size > 0 && isUserEnded(owner))
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

function noteEnded (handles: readonly string[]): void {
  for (const handle of handles) ended.add(handle)
  keepAtMost(ended)
}

function noteUserEnded (userId: string, at: number, tenantId: string | undefined): void {
  const before = endedUsers.get(userId)
  const isWider = before !== undefined && before.tenantId !== tenantId
  endedUsers.delete(userId)
  endedUsers.set(userId, { at: Math.max(at, before?.at ?? 0), tenantId: isWider ? undefined : tenantId })
  keepAtMost(endedUsers)
}

/** Refuses from now on what has ended, here or elsewhere. */
export function applyRevocation ({ sessionHandles, userId, tenantId, at }: SessionRevoked): void {
  if (sessionHandles !== undefined) noteEnded(sessionHandles)
  else if (userId !== undefined) noteUserEnded(userId, at, tenantId)
}

/** One process has one supertokens-node, whose sessions end for all apps in it. */
const listeners = new Set<(event: SessionRevoked) => void>()

/** Hears of sessions that end in this process. @returns ends that */
export function onRevocation (listener: (event: SessionRevoked) => void): () => void {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

/**
 * Refuses the tokens of sessions that ended in the Core just now, and lets others know.
 *
 * @param what `sessionHandles`, or `userId` for all of a user. `at` is now, unless it was earlier
 */
export function announceRevocation (what: Omit<SessionRevoked, 'type' | 'at'> & { at?: number }): void {
  const { sessionHandles, ...rest } = what
  const parts = sessionHandles === undefined ? [undefined] : Array.from({ length: Math.ceil(sessionHandles.length / MOST_HANDLES) }, (_, i) => sessionHandles.slice(i * MOST_HANDLES, (i + 1) * MOST_HANDLES))
  for (const part of parts) {
    const event: SessionRevoked = { type: 'session-revoked', at: Date.now(), ...rest, ...(part !== undefined && { sessionHandles: part }) }
    applyRevocation(event)
    for (const listener of listeners) listener(event)
  }
}

/** Remembers for a moment which refresh token a session had that another one has replaced. */
export function noteReplaced (handle: string, userId: string, { refreshTokenHash1 }: { refreshTokenHash1?: unknown }): void {
  announceRevocation({ sessionHandles: [handle], userId, reason: 'replaced' })
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

/** The SDK ends the session whose refresh token was used twice, with the same context, once it has the error. */
function noteTheft (err: InstanceType<typeof Session.Error>, userContext: UserContext): void {
  if (err.type === Session.Error.TOKEN_THEFT_DETECTED) becauseOf(userContext, 'token-theft')
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
        if (!Session.Error.isErrorFromSuperTokens(err)) throw err
        noteTheft(err, input.userContext)
        if (err.type === Session.Error.UNAUTHORISED && wasReplaced(input.refreshToken)) throw new SessionReplaced()
        throw err
      }
    },
    async revokeSession (input) {
      const revoked = await original.revokeSession(input)
      // Of one that was over before, others know: whoever repeats it for ever must not be able to flood them.
      if (revoked) announceRevocation({ sessionHandles: [input.sessionHandle], reason: reasonOf(input.userContext) })
      else noteEnded([input.sessionHandle])
      return revoked
    },
    async revokeMultipleSessions (input) {
      const revoked = await original.revokeMultipleSessions(input)
      noteEnded(input.sessionHandles)
      announceRevocation({ sessionHandles: revoked, reason: reasonOf(input.userContext) })
      return revoked
    },
    async revokeAllSessionsForUser (input) {
      const revoked = await original.revokeAllSessionsForUser(input)
      announceRevocation({ sessionHandles: revoked, userId: input.userId, reason: reasonOf(input.userContext) })
      return revoked
    }
  }
}
