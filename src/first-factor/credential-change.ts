import * as Session from 'supertokens-node/recipe/session'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

/**
 * Whoever knew the old password is signed out, finished second factor or not (ASVS 7.4.3), whichever way it was changed: by a reset, or by a
 * host's own route. Where accounts are phone numbers, a changed number was never verified in any session there is.
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
