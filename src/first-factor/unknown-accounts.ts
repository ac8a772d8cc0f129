import { randomBytes } from 'node:crypto'
import type { APIInterface, RecipeInterface } from 'supertokens-node/recipe/emailpassword/types'
import type { UserContext } from 'supertokens-node/types'
import { fieldOf } from '../supertokens/form-fields.js'
import { appOf } from '../supertokens/sdk.js'

/** Requests in which the Core has verified a password. */
const verified = new WeakSet<UserContext>()

/** An account that nobody can sign in to or get mail for: `.invalid` can never be a domain (RFC 2606). */
export const DECOY = 'unknown-accounts@fastify-2fa.invalid'
const TENANT = 'public'

/** Notes whether the Core verifies a password during a request. */
export function noteVerification (original: RecipeInterface): RecipeInterface {
  return {
    ...original,
    async verifyCredentials (input) {
      verified.add(input.userContext)
      return await original.verifyCredentials(input)
    }
  }
}

/**
 * Verifies a password for unknown accounts too, so that a sign-in to them takes the same work at the same place (ASVS
 * 6.3.8). The SDK does not ask the Core for accounts that it has not found.
 *
 * The embedded Core hashes for unknown accounts by itself. A real Core does not, so there the password of a decoy account
 * is verified: with the Core's own settings, on its own processors.
 */
export function hideUnknownAccounts (isEmbedded: boolean) {
  let decoy: Promise<unknown> | undefined

  async function verifyInVain (recipe: RecipeInterface, email: string, password: string, tenantId: string, userContext: UserContext): Promise<void> {
    if (isEmbedded) {
      await recipe.verifyCredentials({ email, password, tenantId, userContext })
      return
    }
    decoy ??= recipe.createNewRecipeUser({ email: DECOY, password: randomBytes(32).toString('base64url'), tenantId: TENANT, userContext })
    await decoy.catch((err: unknown) => {
      decoy = undefined
      appOf(userContext).log.error({ err }, 'the decoy of unknown accounts could not be created')
    })
    await recipe.verifyCredentials({ email: DECOY, password, tenantId: TENANT, userContext })
  }

  return (original: APIInterface): APIInterface => ({
    ...original,
    async signInPOST (input) {
      const { formFields, tenantId, userContext, options: { recipeImplementation } } = input
      const result = await original.signInPOST!(input)
      if (result.status !== 'WRONG_CREDENTIALS_ERROR' || verified.has(userContext)) return result
      await verifyInVain(recipeImplementation, fieldOf(formFields, 'email'), fieldOf(formFields, 'password'), tenantId, userContext)
      return result
    }
  })
}
