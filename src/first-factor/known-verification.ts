import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { returnedUser } from '../supertokens/returned-user.js'

/** The Core says with each user whether its address is verified: where it has just done so, it need not be asked again. */
export const useReturnedVerification: RecipeOverride<'emailverification'> = {
  functions: (original) => ({
    ...original,
    async isEmailVerified (input) {
      const id = input.recipeUserId.getAsString()
      const method = returnedUser(id, input.userContext)?.loginMethods.find(({ recipeUserId, email }) => recipeUserId.getAsString() === id && email === input.email)
      return method?.verified ?? await original.isEmailVerified(input)
    }
  })
}
