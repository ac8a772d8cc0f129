import type { CountryCode } from 'libphonenumber-js/max'
import type { TypeInputFormField } from 'supertokens-node/lib/build/recipe/emailpassword/types.js'
import { toE164 } from '../phone/number.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

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

type FormFields = { id: string, value: unknown }[]

/**
 * Normalises the phone numbers of accounts on every path. The Core only trims and lower-cases them: two spellings of a
 * number would be two users, and the second factor would never match the account.
 *
 * Both layers are needed. The APIs look accounts up before they call the functions, and a host calls the functions
 * directly.
 */
export function normalisePhoneAccounts (defaultCountry: CountryCode | undefined): RecipeOverride<'emailpassword'> {
  // Leave anything else as it is: the form's validation reports it, and no account matches it.
  const normalise = (value: string): string => toE164(value, defaultCountry) ?? value
  const withNumber = <Input extends { email: string }>(input: Input): Input => ({ ...input, email: normalise(input.email) })
  const withFields = <Input extends { formFields: FormFields }>(input: Input): Input => ({
    ...input,
    formFields: input.formFields.map((field) => field.id === 'email' && typeof field.value === 'string' ? { ...field, value: normalise(field.value) } : field)
  })

  return {
    apis: (original) => ({
      ...original,
      signUpPOST: (input) => original.signUpPOST!(withFields(input)),
      signInPOST: (input) => original.signInPOST!(withFields(input)),
      emailExistsGET: (input) => original.emailExistsGET!(withNumber(input)),
      generatePasswordResetTokenPOST: (input) => original.generatePasswordResetTokenPOST!(withFields(input))
    }),
    functions: (original) => ({
      ...original,
      signUp: (input) => original.signUp(withNumber(input)),
      signIn: (input) => original.signIn(withNumber(input)),
      createNewRecipeUser: (input) => original.createNewRecipeUser(withNumber(input)),
      verifyCredentials: (input) => original.verifyCredentials(withNumber(input)),
      createResetPasswordToken: (input) => original.createResetPasswordToken(withNumber(input)),
      updateEmailOrPassword: (input) => original.updateEmailOrPassword(input.email === undefined ? input : { ...input, email: normalise(input.email) })
    })
  }
}
