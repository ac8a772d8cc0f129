import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { fieldOf } from '../supertokens/form-fields.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { homeOf, networksOfRequest } from './network.js'

/** Never fails: a password that has been reset is reset. */
async function rememberHere (find: () => string[] | Promise<string[]>, userContext: UserContext): Promise<void> {
  if (requestOf(userContext) === undefined) return
  const { log, twoFactor: { limits } } = appOf(userContext)
  try {
    for (const account of await find()) await limits?.known.remember(account, homeOf(networksOfRequest(userContext)))
  } catch (err) {
    log.error({ err }, 'the network of an account is not remembered')
  }
}

/**
 * Remembers where people sign up and choose a new password, as signing in does (`sign-in.ts`): a stranger who guesses
 * their password must not keep them out there.
 */
export function rememberNetworks (accountOf: (typed: string) => string, passwordReset: boolean): RecipeOverride<'emailpassword'> {
  return {
    apis: (original) => ({
      ...original,
      async signUpPOST (input) {
        const result = await original.signUpPOST!(input)
        if (result.status === 'OK') await rememberHere(() => [accountOf(fieldOf(input.formFields, 'email'))], input.userContext)
        return result
      },
      // Overriding an API that is switched off would switch it on again.
      ...(passwordReset && {
        async passwordResetPOST (input) {
          const result = await original.passwordResetPOST!(input)
          if (result.status === 'OK') await rememberHere(() => [accountOf(result.email)], input.userContext)
          return result
        }
      } satisfies Partial<typeof original>)
    })
  }
}

/** The same where somebody passes the second factor. Looks the account up, so call it for new networks only. */
export async function rememberPassed (accountOf: (typed: string) => string, userId: string, userContext: UserContext): Promise<void> {
  await rememberHere(async () => {
    const user = await getUser(userId, userContext)
    return (user?.loginMethods ?? []).flatMap(({ recipeId, email }) => recipeId === 'emailpassword' && email !== undefined ? [accountOf(email)] : [])
  }, userContext)
}
