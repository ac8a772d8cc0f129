import type { RecipeInterface } from 'supertokens-node/recipe/emailpassword/types'
import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { PasswordChangeRequired } from '../errors.js'
import { ownerOf } from '../first-factor/reset-token.js'
import { readMetadata, updateMetadata } from '../second-factor/records.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

/** Key of the user's metadata: since when the present password signs nobody in, in milliseconds since 1970. */
export const PASSWORD_CHANGE_REQUIRED = 'fastify-2fa:password-change-required'

const SAME = 'Please choose a password that you have not used here before.'

const requiredSince = async (userId: string, userContext: UserContext): Promise<unknown> => (await readMetadata(userId, userContext))[PASSWORD_CHANGE_REQUIRED]

async function isRequired (userId: string, userContext: UserContext): Promise<boolean> {
  return await requiredSince(userId, userContext) !== undefined
}

/** What was required before this request used up the token of a link. */
const before = new WeakMap<UserContext, { since: unknown }>()

/** Whether a password is the one that an account has now. */
async function isPresent (original: RecipeInterface, userId: string, { recipeUserId, password = '', userContext }: Parameters<RecipeInterface['updateEmailOrPassword']>[0]): Promise<boolean> {
  const account = (await getUser(userId, userContext))?.loginMethods.find((method) => method.recipeUserId.getAsString() === recipeUserId.getAsString())
  if (account?.email === undefined) return false
  const { status } = await original.verifyCredentials({ email: account.email, password, tenantId: account.tenantIds[0] ?? 'public', userContext })
  return status === 'OK'
}

/**
 * Lets nobody sign in whose password has to be changed, because somebody else may have it: an operator has said so. Only
 * who has typed the right password is told. The new one cannot be the old one.
 */
export const requireNewPassword: RecipeOverride<'emailpassword'> = {
  functions: (original) => ({
    ...original,

    async signIn (input) {
      const result = await original.signIn(input)
      // The SDK keeps the metadata of the request: this asks the Core nothing more.
      if (result.status === 'OK' && await isRequired(result.user.id, input.userContext)) throw new PasswordChangeRequired()
      return result
    },

    async consumePasswordResetToken (input) {
      const owner = await ownerOf(input.token, input.userContext)
      if (owner !== undefined) before.set(input.userContext, { since: await requiredSince(owner.id, input.userContext) })
      return await original.consumePasswordResetToken(input)
    },

    async updateEmailOrPassword (input) {
      const { recipeUserId, password, userContext } = input
      if (password === undefined) return await original.updateEmailOrPassword(input)
      const userId = (await getUser(recipeUserId.getAsString(), userContext))?.id
      if (userId === undefined || !await isRequired(userId, userContext)) return await original.updateEmailOrPassword(input)
      // Required while this link was being used, perhaps because of whoever used it: another one has to be asked for.
      const known = before.get(userContext)
      if (known !== undefined && known.since !== await requiredSince(userId, userContext)) throw new PasswordChangeRequired()
      if (await isPresent(original, userId, input)) return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason: SAME }
      const result = await original.updateEmailOrPassword(input)
      if (result.status === 'OK') await updateMetadata(userId, { [PASSWORD_CHANGE_REQUIRED]: null }, userContext)
      return result
    }
  })
}
