import type { UserContext } from 'supertokens-node/types'
import { createCoreClient, type Core } from '../account/core-client.js'
import { audit, requireAudit } from '../audit/audit.js'
import type { AuditEventType } from '../audit/event-types.js'
import { announceRevocation } from '../session/ended.js'
import { appOf } from '../supertokens/sdk.js'
import { removeBelongings, sweepAfter } from './belongings.js'
import { lockOut } from './deletion.js'
import { isPerson } from './people.js'

/** A Core whose sessions end for this process as well: their tokens would open everything until they expire. */
function coreOf (userContext: UserContext): Core {
  const core = createCoreClient(appOf(userContext).twoFactor.core)
  return {
    ...core,
    async endSessions (userId) {
      const sessionHandles = await core.endSessions(userId)
      announceRevocation({ sessionHandles, userId, reason: 'user-deleted' })
      return sessionHandles
    }
  }
}

/**
 * For the SDK's own `deleteUser`, which hosts call: deletes what the Core keeps of the person elsewhere. Otherwise the user of the
 * phone would keep the number for ever. Who does it and why is not known, so the audit events do not say it.
 *
 * @returns what is to be done once the user is deleted
 * @throws AUTH_AUDIT_UNAVAILABLE where what is done has to leave a trace, and cannot
 */
export async function beforeDeletion (userId: string, removeAllLinkedAccounts: boolean, userContext: UserContext): Promise<() => Promise<void>> {
  const core = coreOf(userContext)
  const user = await core.findUser(userId)
  if (user === undefined || !isPerson(user)) return async () => {}
  const publish = async (type: AuditEventType): Promise<void> => {
    audit(userContext, { type, userId: user.id })
    requireAudit(appOf(userContext))
  }
  requireAudit(appOf(userContext))
  if (!removeAllLinkedAccounts && user.loginMethods.length > 1) return () => publish('user.login-deleted')
  const belongings = await lockOut(core, user, () => publish('user.deletion-started'))
  await removeBelongings(core, user, belongings)
  return async () => {
    await sweepAfter(core, user.id)
    await publish('user.deleted')
  }
}
