import { performance } from 'node:perf_hooks'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import type { UserContext } from 'supertokens-node/types'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { returnedUser } from '../supertokens/returned-user.js'
import { requestOf } from '../supertokens/sdk.js'

/** How long the first role that another process creates may go unnoticed. */
const LIFETIME_MS = 30_000

/**
 * Asks for the roles of a user who is signing in, at the same moment as for something else: the SDK keeps the answer until it
 * puts them into the new session.
 */
export async function prefetchRoles (userId: string, tenantId: string, userContext: UserContext): Promise<void> {
  // A host's own sign-in may lead to no session.
  if (requestOf(userContext) === undefined) return
  // What fails here fails once more where it is needed.
  await UserRoles.getRolesForUser(tenantId, userId, userContext).catch(() => {})
}

/**
 * Does not ask for the roles of somebody who signs in while there are no roles at all: apps without roles would pay for them
 * with every login. The answer is only used for the token of the new session, which then has no role. Do not use it where
 * whoever has no role needs no second factor.
 *
 * @param now milliseconds
 */
export const skipRolesWhereNoneExist = (now: () => number = () => performance.now()): RecipeOverride<'userroles'> => ({
  functions (original) {
    let noneUntil = -Infinity
    let changes = 0

    // Roles and permissions of one token are by the same look-up.
    const decided = new WeakMap<UserContext, Promise<boolean>>()

    async function existNone (userContext: UserContext): Promise<boolean> {
      if (now() < noneUntil) return true
      const before = changes
      const { roles } = await original.getAllRoles({ userContext })
      // A look-up may have begun before a change of this process.
      if (roles.length === 0 && changes === before) noneUntil = now() + LIFETIME_MS
      return roles.length === 0
    }

    function skips (userContext: UserContext): Promise<boolean> {
      const decision = decided.get(userContext) ?? existNone(userContext)
      decided.set(userContext, decision)
      return decision
    }

    return {
      ...original,
      async getRolesForUser (input) {
        const { userId, userContext } = input
        const isBirth = requestOf(userContext) !== undefined && returnedUser(userId, userContext) !== undefined
        return isBirth && await skips(userContext) ? { status: 'OK', roles: [] } : await original.getRolesForUser(input)
      },
      async createNewRoleOrAddPermissions (input) {
        try {
          return await original.createNewRoleOrAddPermissions(input)
        } finally {
          changes++
          noneUntil = -Infinity
        }
      }
    }
  }
})
