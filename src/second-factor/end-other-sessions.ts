import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'

/**
 * Ends the user's other sessions. Call it when a second factor is enrolled, to sign out an intruder who has only the
 * password (ASVS 7.4.3).
 */
export async function endOtherSessions (session: SessionContainerInterface, userContext: UserContext): Promise<void> {
  const handles = await Session.getAllSessionHandlesForUser(session.getUserId(), true, undefined, userContext)
  const others = handles.filter((handle) => handle !== session.getHandle())
  if (others.length > 0) await Session.revokeMultipleSessions(others, userContext)
}
