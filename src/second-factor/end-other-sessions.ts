import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'

/** Signs the user out everywhere else: whoever came in by the password alone leaves when a second factor is set (ASVS 7.4.3). */
export async function endOtherSessions (session: SessionContainerInterface, userContext: UserContext): Promise<void> {
  const handles = await Session.getAllSessionHandlesForUser(session.getUserId(), true, undefined, userContext)
  const others = handles.filter((handle) => handle !== session.getHandle())
  if (others.length > 0) await Session.revokeMultipleSessions(others, userContext)
}
