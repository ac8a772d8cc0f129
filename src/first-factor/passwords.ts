import type { TypeInputFormField } from 'supertokens-node/lib/build/recipe/emailpassword/types.js'
import { PasswordInvalid } from '../errors.js'
import { defaultPasswordValidator } from '../supertokens/sdk-internals.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

/**
 * bcrypt, the default of every Core, ignores what follows: two passwords that begin alike would be one. Which algorithm a
 * remote Core uses cannot be asked, and it may be changed, so the limit holds for all.
 */
const LONGEST_BYTES = 72

/** Why a password cannot be stored as it is; undefined if it can. */
function storageProblem (password: string): string | undefined {
  if (password.includes('\0')) return 'Password must not contain invisible control characters'
  if (Buffer.byteLength(password) > LONGEST_BYTES) return `Password must not be longer than ${LONGEST_BYTES} characters. Accents, other scripts and emoji count as several`
  return undefined
}

/** The password field of the sign-up and reset forms. Signing in accepts older, longer passwords. */
export const passwordField: TypeInputFormField = {
  id: 'password',
  validate: async (value: unknown) => (typeof value === 'string' ? storageProblem(value) : undefined) ?? await defaultPasswordValidator(value)
}

/** The same for calls of the host's, which no form checks. */
export const refuseLongPasswords: RecipeOverride<'emailpassword'> = {
  functions: (original) => ({
    ...original,
    async createNewRecipeUser (input) {
      const problem = storageProblem(input.password)
      if (problem !== undefined) throw new PasswordInvalid(problem)
      return await original.createNewRecipeUser(input)
    },
    async updateEmailOrPassword (input) {
      const failureReason = input.password === undefined ? undefined : storageProblem(input.password)
      if (failureReason !== undefined) return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason }
      return await original.updateEmailOrPassword(input)
    }
  })
}
