import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import type { RevocationReason } from '../revocations/event.js'
import { becauseOf } from './end-reason.js'
import { CREDENTIAL_CHANGED, mark, SESSIONS_ENDED } from './epoch.js'

/**
 * The user's credentials have changed: with `revoke`, ends all sessions. Sign-ins with the old credentials that are under
 * way get none in any case. Call it after the change: a password that is found right before the mark is read, and wrong
 * after, must find the mark.
 */
export async function endSessionsOfOldCredentials (recipeUserId: string, revoke: boolean, userContext: UserContext): Promise<void> {
  await mark(CREDENTIAL_CHANGED, recipeUserId, userContext)
  becauseOf(userContext, 'credential-change')
  if (revoke) await Session.revokeAllSessionsForUser(recipeUserId, true, undefined, userContext)
}

/**
 * Ends the user's other sessions, and those that are being created.
 *
 * @param marked whether the user's metadata says so already, as an enrolment's record does
 * @param reason what those are told who hear of it. @default 'factor-change'
 */
export async function endOtherSessions (session: SessionContainerInterface, userContext: UserContext, { marked = false, reason = 'factor-change' }: { marked?: boolean, reason?: RevocationReason } = {}): Promise<void> {
  becauseOf(userContext, reason)
  if (!marked) await mark(SESSIONS_ENDED, session.getUserId(), userContext)
  await untilNoneIsLeft(async () => {
    const handles = await Session.getAllSessionHandlesForUser(session.getUserId(), true, undefined, userContext)
    const others = handles.filter((handle) => handle !== session.getHandle())
    if (others.length > 0) await Session.revokeMultipleSessions(others, userContext)
    return others.length
  })
}

const MOST_ROUNDS = 3

/**
 * Ends sessions again and again, until there is none to end. A thief's session that passes its second factor in the middle
 * is replaced by one that was not in the list (`rotation.ts`); it can have slipped through only where the list had its
 * predecessor.
 *
 * @param end ends the sessions that there are, and says how many there were
 */
export async function untilNoneIsLeft (end: () => Promise<number>): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS && await end() > 0; round++);
}
