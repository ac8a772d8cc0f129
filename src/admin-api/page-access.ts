import * as UserRoles from 'supertokens-node/recipe/userroles'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance } from 'fastify'
import { lastPassedAt } from '../second-factor/passed.js'
import { ownFunctions } from '../session/own-functions.js'
import type { AdminPageRoles } from './options.js'
import { ADMIN_ROLES, type AdminRole } from './roles.js'

/** How old a second factor may be that has passed, in milliseconds: to look, and to change something. */
export const MAX_AGE = { read: 15 * 60_000, change: 5 * 60_000 } as const

/** What somebody who is signed in may do on the admin page. */
export type Access =
  /** The session has ended. */
  | { step: 'sign-in' }
  /** No second factor has passed, or too long ago. */
  | { step: 'confirm', userId: string }
  /** No role of theirs opens the page. */
  | { step: 'refused', userId: string }
  | { step: 'in', userId: string, role: AdminRole, tenantId: string }

/** The highest that one of these roles opens. */
function highest (roles: readonly string[], pageRoles: AdminPageRoles): AdminRole | undefined {
  return ADMIN_ROLES.findLast((role) => pageRoles[role] !== undefined && roles.includes(pageRoles[role]))
}

/**
 * Asks the Core, every time: the token may be older than a sign-out elsewhere, a role that was taken away or a factor that was
 * reset. The role has to be one of the tenant in which the session began.
 */
export async function accessOf ({ twoFactor: { secondFactor: { claim, factors } } }: FastifyInstance, session: SessionContainerInterface, pageRoles: AdminPageRoles, maxAge: number, userContext: UserContext): Promise<Access> {
  const [userId, tenantId] = [session.getUserId(userContext), session.getTenantId(userContext)]
  const [found, { roles }] = await Promise.all([
    ownFunctions().getSessionInformation({ sessionHandle: session.getHandle(userContext), userContext }),
    UserRoles.getRolesForUser(tenantId, userId, userContext)
  ])
  if (found === undefined) return { step: 'sign-in' }
  const payload = found.customClaimsInAccessTokenPayload as Record<string, unknown>
  // Also where the account needs none elsewhere: here, everybody does.
  if (claim.getValueFromPayload(payload, userContext) !== true) return { step: 'confirm', userId }
  const role = highest(roles, pageRoles)
  if (role === undefined) return { step: 'refused', userId }
  const age = Date.now() - (lastPassedAt(payload, factors) ?? -Infinity)
  return age > maxAge ? { step: 'confirm', userId } : { step: 'in', userId, role, tenantId }
}
