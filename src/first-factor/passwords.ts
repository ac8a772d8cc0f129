import { getUser } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import type { TypeInputFormField } from 'supertokens-node/lib/build/recipe/emailpassword/types.js'
import type { APIInterface } from 'supertokens-node/recipe/emailpassword/types'
import type { UserContext } from 'supertokens-node/types'
import { PasswordInvalid } from '../errors.js'
import { fieldOf } from '../supertokens/form-fields.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { appOf } from '../supertokens/sdk.js'
import { normalPassword } from './normal-password.js'
import { loginsOf } from './reset-token.js'

/**
 * bcrypt, the default of every Core, ignores what follows: two passwords that begin alike would be one. Which algorithm a
 * remote Core uses cannot be asked, and it may be changed, so the limit holds for all.
 */
const LONGEST_BYTES = 72

/** Why a password cannot be stored as it is; undefined if it can. */
function storageProblem (password: string): string | undefined {
  if (password.includes('\0')) return 'Password must not contain invisible control characters'
  if (Buffer.byteLength(normalPassword(password)) > LONGEST_BYTES) return `Password must not be longer than ${LONGEST_BYTES} characters. Accents, other scripts and emoji count as several`
  return undefined
}

/** Why a password may not be chosen by somebody with these logins; undefined if it may. */
async function problemOf (password: string, logins: readonly string[], userContext: UserContext): Promise<string | undefined> {
  return storageProblem(password) ?? await appOf(userContext).twoFactor.passwords.problemFor(password, logins, userContext)
}

/** The password field of the sign-up and reset forms: what can be said of it alone, together with what is wrong with others. */
export const passwordField: TypeInputFormField = {
  id: 'password',
  async validate (value: unknown, _tenantId, userContext) {
    if (typeof value !== 'string') return 'Field is not optional'
    return storageProblem(value) ?? await appOf(userContext).twoFactor.passwords.problem(value)
  }
}

/**
 * The policy where a form is sent, whatever a host makes of the form's fields. Both come before anything is made or used
 * up: a password that is refused does not cost the link of a reset.
 */
export function applyPolicy (passwordReset: boolean): (original: APIInterface) => APIInterface {
  return (original) => ({
    ...original,
    async signUpPOST (input) {
      const { formFields, userContext } = input
      const error = await problemOf(fieldOf(formFields, 'password'), [fieldOf(formFields, 'email')], userContext)
      if (error !== undefined) throw new EmailPassword.Error({ type: EmailPassword.Error.FIELD_ERROR, payload: [{ id: 'password', error }], message: 'Error in input formFields' })
      return await original.signUpPOST!(input)
    },
    // Overriding an API that is switched off would switch it on again.
    ...(passwordReset && {
      async passwordResetPOST (input) {
        const { formFields, token, userContext } = input
        const failureReason = await problemOf(fieldOf(formFields, 'password'), await loginsOf(token, userContext), userContext)
        if (failureReason !== undefined) return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason }
        return await original.passwordResetPOST!(input)
      }
    } satisfies Partial<APIInterface>)
  })
}

/**
 * Stores passwords in their normal form, and refuses those that cannot be stored, also in calls of the host's. Accounts
 * from before have their password as it was typed: whoever signs in is asked about both, where they differ. That is one
 * try, since the limits count requests.
 */
export const keepPasswords: RecipeOverride<'emailpassword'> = {
  functions: (original) => ({
    ...original,

    async createNewRecipeUser (input) {
      const problem = storageProblem(input.password)
      if (problem !== undefined) throw new PasswordInvalid(problem)
      return await original.createNewRecipeUser({ ...input, password: normalPassword(input.password) })
    },

    async verifyCredentials (input) {
      const password = normalPassword(input.password)
      const result = await original.verifyCredentials({ ...input, password })
      if (result.status === 'OK' || password === input.password) return result
      return await original.verifyCredentials(input)
    },

    async updateEmailOrPassword (input) {
      const { password, applyPasswordPolicy = true, recipeUserId, userContext } = input
      if (password === undefined) return await original.updateEmailOrPassword(input)
      const logins = applyPasswordPolicy ? (await getUser(recipeUserId.getAsString(), userContext))?.emails ?? [] : []
      const failureReason = applyPasswordPolicy ? await problemOf(password, logins, userContext) : storageProblem(password)
      if (failureReason !== undefined) return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason }
      return await original.updateEmailOrPassword({ ...input, password: normalPassword(password) })
    }
  })
}
