import type { CountryCode } from 'libphonenumber-js/max'
import type { TypeInputFormField } from 'supertokens-node/lib/build/recipe/emailpassword/types.js'
import type { UserContext } from 'supertokens-node/types'
import { toE164 } from '../phone/number.js'
import { storedForms } from '../phone/two-ways.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { findPasswordAccount } from './password-account.js'

const INVALID = 'This phone number is not valid. Please enter it with its country code, such as +1 212 555 0123.'

/**
 * The login field of the sign-up and sign-in forms. SuperTokens calls it `email` even if it holds a phone number (guide
 * 000).
 */
export function phoneField (defaultCountry: CountryCode | undefined): TypeInputFormField {
  return {
    id: 'email',
    validate: async (value: unknown) => typeof value === 'string' && toE164(value, defaultCountry) !== undefined ? undefined : INVALID
  }
}

interface Scope { tenantId?: string | undefined, userContext: UserContext }
type FormFields = { id: string, value: unknown }[]

/**
 * The number that the Core has an account under. That may be a form from before the country changed its numbers, or one
 * that another system has stored. Few countries have such forms; all others cost no call to the Core.
 */
async function storedNumber (number: string, { tenantId = 'public', userContext }: Scope): Promise<string> {
  const forms = storedForms(number)
  if (forms.length === 1) return number
  // All are asked for, always: the time must not tell which one there is.
  const found = await Promise.all(forms.map(async (form) => {
    const account = await findPasswordAccount(form, tenantId, userContext)
    return account?.email === form ? form : undefined
  }))
  return found.find((form) => form !== undefined) ?? number
}

/**
 * Normalises the phone numbers of accounts on every path. The Core only trims and lower-cases them: two spellings of a
 * number would be two users, and the second factor would never match the account.
 *
 * Both layers are needed. The APIs look accounts up before they call the functions, and a host calls the functions
 * directly.
 */
export function normalisePhoneAccounts (defaultCountry: CountryCode | undefined): RecipeOverride<'emailpassword'> {
  // Leave anything else as it is: the form's validation reports it, and no account matches it.
  async function normalise (value: string, scope: Scope): Promise<string> {
    const number = toE164(value, defaultCountry)
    return number === undefined ? value : await storedNumber(number, scope)
  }

  const withNumber = async <Input extends Scope & { email: string }>(input: Input): Promise<Input> =>
    ({ ...input, email: await normalise(input.email, input) })

  async function withFields<Input extends Scope & { formFields: FormFields }> (input: Input): Promise<Input> {
    const formFields = await Promise.all(input.formFields.map(async (field) =>
      field.id === 'email' && typeof field.value === 'string' ? { ...field, value: await normalise(field.value, input) } : field))
    return { ...input, formFields }
  }

  return {
    apis: (original) => ({
      ...original,
      signUpPOST: async (input) => await original.signUpPOST!(await withFields(input)),
      signInPOST: async (input) => await original.signInPOST!(await withFields(input)),
      emailExistsGET: async (input) => await original.emailExistsGET!(await withNumber(input)),
      generatePasswordResetTokenPOST: async (input) => await original.generatePasswordResetTokenPOST!(await withFields(input))
    }),
    functions: (original) => ({
      ...original,
      signUp: async (input) => await original.signUp(await withNumber(input)),
      signIn: async (input) => await original.signIn(await withNumber(input)),
      createNewRecipeUser: async (input) => await original.createNewRecipeUser(await withNumber(input)),
      verifyCredentials: async (input) => await original.verifyCredentials(await withNumber(input)),
      createResetPasswordToken: async (input) => await original.createResetPasswordToken(await withNumber(input)),
      // A changed number is stored as the country writes it today.
      updateEmailOrPassword: async (input) => await original.updateEmailOrPassword(input.email === undefined ? input : { ...input, email: toE164(input.email, defaultCountry) ?? input.email })
    })
  }
}
