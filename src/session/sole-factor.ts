import type { RecipeUserId } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { Factor } from '../second-factor/factor.js'

interface Vouched { recipeUserId: string, factor: Factor }

/** By the `userContext` of the request: an object of this process, which nothing that a client or a payload says can name. */
const vouched = new WeakMap<UserContext, Vouched>()

/**
 * Says that the next session of this request belongs to a user who has passed a factor that is two in one. Only the shared
 * sign-in calls it (`src/second-factor/sole.ts`): a session that an app creates by itself has a first factor at most.
 */
export function vouchForSession (userContext: UserContext, factor: Factor, recipeUserId: RecipeUserId): void {
  vouched.set(userContext, { factor, recipeUserId: recipeUserId.getAsString() })
}

/** The factor that vouches for this session, for one session and one user. */
export function takeSoleFactor ({ recipeUserId, userContext }: { recipeUserId: RecipeUserId, userContext: UserContext }): Factor | undefined {
  const found = vouched.get(userContext)
  vouched.delete(userContext)
  return found?.recipeUserId === recipeUserId.getAsString() ? found.factor : undefined
}
