import * as Session from 'supertokens-node/recipe/session'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

/**
 * Ends all sessions of a user whose password changes, whether by a reset or by a route of the host, so that anyone who
 * knew the old password is signed out (ASVS 7.4.3). Sessions with a passed second factor end too. Where accounts are
 * phone numbers, a changed number ends them as well: no existing session has verified it.
 */
export function endSessionsOnChange (byPhone: boolean): RecipeOverride<'emailpassword'> {
  return {
    functions: (original) => ({
      ...original,
      async updateEmailOrPassword (input) {
        const result = await original.updateEmailOrPassword(input)
        const isChanged = input.password !== undefined || (byPhone && input.email !== undefined)
        if (result.status === 'OK' && isChanged) {
          await Session.revokeAllSessionsForUser(input.recipeUserId.getAsString(), true, undefined, input.userContext)
        }
        return result
      }
    })
  }
}
