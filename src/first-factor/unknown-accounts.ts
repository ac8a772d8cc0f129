import { randomBytes, randomUUID } from 'node:crypto'
import { listUsersByAccountInfo } from 'supertokens-node'
import type { APIInterface, RecipeInterface } from 'supertokens-node/recipe/emailpassword/types'
import type { UserContext } from 'supertokens-node/types'
import { subjectOf } from '../limits/subject.js'
import { fieldOf } from '../supertokens/form-fields.js'
import { appOf } from '../supertokens/sdk.js'
import { checkFirst } from './checked-password.js'

/** `.invalid` can never be a domain (RFC 2606), so nobody has an address there. */
const DOMAIN = '@fastify-2fa.invalid'
/** An account that nobody can sign in to or get mail for. */
export const DECOY = `unknown-accounts${DOMAIN}`
/** A name that no account has. */
const NOBODY = `nobody-${randomUUID()}${DOMAIN}`
const TENANT = 'public'

/**
 * Checks the password before anything else: the answer to the right one brings the user, for which the SDK would ask first.
 *
 * A wrong one takes the same work at the same place whether or not the account exists (ASVS 6.3.8). The embedded Core hashes
 * for unknown accounts by itself. A real Core does not. So there the account is looked up after a wrong password, and then
 * the password of a decoy is hashed if it does not exist, with the Core's own settings and on its own processors. If it
 * does, that of a name which nobody has is asked for, which a real Core answers at once: it makes up for the first answer to
 * an unknown account.
 */
export function hideUnknownAccounts (isEmbedded: boolean) {
  let decoy: Promise<unknown> | undefined

  async function makeUp (recipe: RecipeInterface, email: string, password: string, tenantId: string, userContext: UserContext): Promise<void> {
    const users = await listUsersByAccountInfo(tenantId, { email }, true, userContext)
    const isKnown = users.some(({ loginMethods }) => loginMethods.some((method) => method.recipeId === 'emailpassword' && method.hasSameEmailAs(email)))
    decoy ??= recipe.createNewRecipeUser({ email: DECOY, password: randomBytes(32).toString('base64url'), tenantId: TENANT, userContext })
    await decoy.catch((err: unknown) => {
      decoy = undefined
      appOf(userContext).log.error({ err }, 'the decoy of unknown accounts could not be created')
    })
    await recipe.verifyCredentials({ email: isKnown ? NOBODY : DECOY, password, tenantId: TENANT, userContext })
  }

  return (original: APIInterface): APIInterface => ({
    ...original,
    async signInPOST (input) {
      const { formFields, tenantId, userContext, options: { recipeImplementation } } = input
      const [email, password] = [fieldOf(formFields, 'email'), fieldOf(formFields, 'password')]
      if (await checkFirst(recipeImplementation, { email, password, tenantId, userContext })) return await original.signInPOST!(input)
      if (!isEmbedded) await makeUp(recipeImplementation, email, password, tenantId, userContext)
      return { status: 'WRONG_CREDENTIALS_ERROR' }
    },
    // A stranger who owned one of these names could take the decoy away, and tell accounts by the time again.
    async signUpPOST (input) {
      const isOurs = subjectOf(fieldOf(input.formFields, 'email')).endsWith(DOMAIN)
      return isOurs ? { status: 'EMAIL_ALREADY_EXISTS_ERROR' } : await original.signUpPOST!(input)
    }
  })
}
