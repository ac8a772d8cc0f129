import type { RecipeInterface } from 'supertokens-node/recipe/emailpassword/types'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { forgetLogin, noteReturnedUser } from '../supertokens/returned-user.js'
import type { UserContext } from 'supertokens-node/types'

type Credentials = Parameters<RecipeInterface['verifyCredentials']>[0]
type Checked = Awaited<ReturnType<RecipeInterface['verifyCredentials']>>

/** Requests that check a password before the SDK does, and what the Core said of a right one. Used once. */
const checks = new WeakMap<UserContext, { input: Credentials, result: Checked } | 'under way'>()

/** Requests in which the Core has found a password wrong. */
const wrong = new WeakSet<UserContext>()

/** Whether the Core has found a password of this request wrong, whatever failed afterwards. */
export const wasFoundWrong = (userContext: UserContext): boolean => wrong.has(userContext)

/** Checks a password before the SDK signs in with it, which then needs no call to the Core for that. */
export async function checkFirst (recipe: RecipeInterface, credentials: Credentials): Promise<boolean> {
  const { userContext } = credentials
  checks.set(userContext, 'under way')
  const { status } = await recipe.verifyCredentials(credentials)
  if (checks.get(userContext) === 'under way') checks.delete(userContext)
  return status === 'OK'
}

function takeCheck ({ userContext, tenantId, email, password }: Credentials): Checked | undefined {
  const check = checks.get(userContext)
  if (check === undefined || check === 'under way') return undefined
  checks.delete(userContext)
  const isSame = check.input.tenantId === tenantId && check.input.email === email && check.input.password === password
  return isSame ? check.result : undefined
}

/** Below every other layer: what is compared is what the Core was asked. */
export const useCheckedPassword: RecipeOverride<'emailpassword'> = {
  functions: (original) => ({
    ...original,
    async verifyCredentials (input) {
      const { userContext, tenantId, email } = input
      forgetLogin(userContext)
      const known = takeCheck(input)
      if (known !== undefined) return known
      const result = await original.verifyCredentials(input)
      if (result.status !== 'OK') wrong.add(userContext)
      if (result.status !== 'OK' || checks.get(userContext) !== 'under way') return result
      checks.set(userContext, { input, result })
      noteReturnedUser(result.user, userContext, { email, tenantId })
      return result
    },
    async createNewRecipeUser (input) {
      const result = await original.createNewRecipeUser(input)
      if (result.status === 'OK') noteReturnedUser(result.user, input.userContext)
      return result
    }
  })
}
