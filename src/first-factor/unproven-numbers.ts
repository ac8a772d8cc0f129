import { randomInt } from 'node:crypto'
import { deleteUser } from 'supertokens-node'
import type { User, UserContext } from 'supertokens-node/types'
import { answering, refuse } from '../limits/answers.js'
import { toE164 } from '../phone/number.js'
import { isTaken } from '../second-factor/factors/sms/number-claim.js'
import { isPlaceholder, pendingNames, pendingNumber } from '../second-factor/factors/sms/placeholder.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { findPasswordAccount } from './password-account.js'

const WRONG = { status: 'WRONG_CREDENTIALS_ERROR' } as const

/** Others may take the name in the same moment. A crowd is told to come back. */
const TRIES = 4

/** A name for one more account that waits for the number. If all are in use, the oldest account makes room. */
async function nameFor (number: string, tenantId: string, userContext: UserContext): Promise<string> {
  const names = await Promise.all(pendingNames(number).map(async (name) => ({ name, account: await findPasswordAccount(name, tenantId, userContext) })))
  const unused = names.filter(({ account }) => account === undefined)
  if (unused.length > 0) return unused[randomInt(unused.length)]!.name
  const oldest = names.reduce((one, other) => other.account!.timeJoined < one.account!.timeJoined ? other : one)
  await deleteUser(oldest.account!.recipeUserId.getAsString(), true, userContext)
  return oldest.name
}

/** Shows the number in place of the placeholder, so that nobody learns whether somebody else has signed up with it. */
function showNumber (user: User): void {
  for (const method of user.loginMethods) {
    const number = pendingNumber(method.email ?? '')
    if (number !== undefined) Object.assign(method, { email: number })
  }
  Object.assign(user, { emails: user.emails.map((name) => pendingNumber(name) ?? name) })
}

/**
 * Lets people sign up with a number that another account has but has never proved. Otherwise a stranger who types
 * somebody else's number at sign-up keeps its owner out for ever. The new account waits under a placeholder until it
 * has answered a code (`number-claim.ts`). Expects numbers in their normal form.
 */
export const signUpWithUnprovenNumbers: RecipeOverride<'emailpassword'> = {
  apis: (original) => ({
    ...original,
    async signUpPOST (input) {
      const result = await answering(input.options.res, () => original.signUpPOST!(input))
      if (result.status === 'OK') showNumber(result.user)
      return result
    },
    // Stock forms ask this while people type, and stop them.
    async emailExistsGET (input) {
      const { email, tenantId, userContext } = input
      const result = await original.emailExistsGET!(input)
      if (result.status !== 'OK' || !result.exists) return result
      const number = toE164(email)
      return { status: 'OK', exists: number !== undefined && await isTaken(number, [tenantId], userContext) }
    }
  }),
  functions: (original) => ({
    ...original,
    async signUp (input) {
      const { email, tenantId, userContext } = input
      const number = toE164(email)
      let result = await original.signUp(input)
      for (let left = TRIES; result.status === 'EMAIL_ALREADY_EXISTS_ERROR'; left--) {
        if (number === undefined || await isTaken(number, [tenantId], userContext)) return result
        if (left === 0) throw refuse('Too many sign-ups.', 60)
        result = await original.signUp({ ...input, email: await nameFor(number, tenantId, userContext) })
      }
      return result
    },
    signIn: async (input) => isPlaceholder(input.email) ? WRONG : await original.signIn(input),
    verifyCredentials: async (input) => isPlaceholder(input.email) ? WRONG : await original.verifyCredentials(input)
  })
}
