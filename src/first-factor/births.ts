import { CredentialsChanged, PasswordChangeRequired, SessionsEnded } from '../errors.js'
import { readMetadata } from '../second-factor/records.js'
import { remember, runSignIn } from '../session/proofs.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

/** Runs the API of a sign-in. If its session was ended at birth, the person is told what to do, in words that forms show. */
async function signingIn<Result, Wrong> (api: () => Promise<Result>, wrong?: Wrong): Promise<Result | Wrong | { status: 'GENERAL_ERROR', message: string, code?: string }> {
  try {
    return await runSignIn(api)
  } catch (err) {
    // The password is not right any more. Anything else would tell that it was.
    if (err instanceof CredentialsChanged && wrong !== undefined) return wrong
    if (err instanceof PasswordChangeRequired) return { status: 'GENERAL_ERROR', message: err.message, code: err.code }
    if (err instanceof CredentialsChanged || err instanceof SessionsEnded) return { status: 'GENERAL_ERROR', message: err.message }
    throw err
  }
}

export const answerPasswordBirths: RecipeOverride<'emailpassword'> = {
  apis: (original) => ({
    ...original,
    signInPOST: (input) => signingIn(() => original.signInPOST!(input), { status: 'WRONG_CREDENTIALS_ERROR' as const }),
    signUpPOST: (input) => signingIn(() => original.signUpPOST!(input))
  })
}

export const guardSocialBirths: RecipeOverride<'thirdparty'> = {
  apis: (original) => ({
    ...original,
    signInUpPOST: (input) => signingIn(() => original.signInUpPOST!(input))
  }),
  functions: (original) => ({
    ...original,
    async signInUp (input) {
      const result = await original.signInUp(input)
      if (result.status === 'OK') remember(result, await readMetadata(result.user.id, input.userContext), input.userContext)
      return result
    }
  })
}
