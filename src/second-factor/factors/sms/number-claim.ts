import { deleteUser, listUsersByAccountInfo } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import type { RecipeInterface } from 'supertokens-node/recipe/emailpassword/types'
import type { LoginMethod } from 'supertokens-node/lib/build/user.js'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../../../audit/audit.js'
import { NumberTaken } from '../../../errors.js'
import { findPasswordAccount } from '../../../first-factor/password-account.js'
import { refuse } from '../../../limits/answers.js'
import { maskPhoneNumber, toE164 } from '../../../phone/number.js'
import { storedForms } from '../../../phone/two-ways.js'
import type { RecipeOverride } from '../../../supertokens/recipe-registry.js'
import type { AddressClaim } from '../../state.js'
import { sessionEnded } from '../../../session/ended.js'
import { isProven, markProven } from './number-proof.js'
import { freedName } from './placeholder.js'

/** Somebody may sign up with the number between two calls to the Core. */
const TRIES = 3

// One per process, as supertokens-node is.
let accounts: RecipeInterface | undefined

/** Takes the recipe's own functions, below the override that ends the sessions of an account whose number changes. */
export const openAccounts: RecipeOverride<'emailpassword'> = {
  functions (original) {
    accounts = original
    return { ...original }
  }
}

/** The password accounts that have this number, in whichever form the Core holds it. */
export async function holdersOf (number: string, tenantIds: readonly string[], userContext: UserContext): Promise<LoginMethod[]> {
  const found = await Promise.all(tenantIds.flatMap((tenantId) => storedForms(number).map((form) => findPasswordAccount(form, tenantId, userContext))))
  return found.filter((account) => account !== undefined)
}

/** Whether an account has this number and has proved that it is its own. */
export async function isTaken (number: string, tenantIds: readonly string[], userContext: UserContext): Promise<boolean> {
  for (const holder of await holdersOf(number, tenantIds, userContext)) {
    if (await isProven(holder, userContext)) return true
  }
  return false
}

/**
 * Deletes SuperTokens' user of a number that an account has had, unless another account has the number by now: nobody would find
 * it any more when the account is deleted. That the account has answered a code to it is noted elsewhere if it gets it back.
 */
async function forgetPhone (number: string | undefined, tenantIds: readonly string[], userContext: UserContext): Promise<void> {
  if (number === undefined || (await holdersOf(number, tenantIds, userContext)).length > 0) return
  const found = await Promise.all(tenantIds.flatMap((tenantId) => storedForms(number).map((phoneNumber) => listUsersByAccountInfo(tenantId, { phoneNumber }, false, userContext))))
  for (const { id, loginMethods } of found.flat()) {
    if (loginMethods.every(({ recipeId }) => recipeId === 'passwordless')) await deleteUser(id, true, userContext)
  }
}

/**
 * Takes the number from an account, such as one that has never proved it, and ends its sessions. The account stays, under a name
 * that nobody can type.
 */
export async function freeNumber ({ recipeUserId, tenantIds }: LoginMethod, number: string, userContext: UserContext): Promise<void> {
  const { status } = await EmailPassword.updateEmailOrPassword({ recipeUserId, email: freedName(), userContext })
  if (status === 'OK') audit(userContext, { type: 'number.lost', userId: recipeUserId.getAsString(), tenantId: tenantIds[0] ?? 'public', phone: maskPhoneNumber(number) })
}

/**
 * The claim of an account that waits for a number which another account has and has never proved. Whoever answers the
 * code gets the number, so that nobody is kept out by a stranger who signed up with it first.
 *
 * A crash between any two steps leaves a number that can be claimed again: the answer is noted for this account only,
 * then the other one loses the number, then this one gets it, and only then is the code used up. From then on the Core
 * says that the number has been answered, which would protect the other account if it still had it. Of several accounts
 * that claim at the same moment, the first whose name the Core takes wins: the others find its mark.
 */
export function createClaim (account: LoginMethod, number: string, userContext: UserContext): AddressClaim {
  const { recipeUserId, tenantIds } = account
  const isOwn = (other: LoginMethod): boolean => other.recipeUserId.getAsString() === recipeUserId.getAsString()

  return {
    async requireOpen () {
      if (await isTaken(number, tenantIds, userContext)) throw new NumberTaken()
    },

    async take () {
      await markProven(account, number, userContext)
      for (let left = TRIES; left > 0; left--) {
        const holders = await holdersOf(number, tenantIds, userContext)
        // Taken already, by a second click.
        if (holders.some(isOwn)) return
        for (const holder of holders) {
          if (await isProven(holder, userContext)) throw new NumberTaken()
          await freeNumber(holder, number, userContext)
        }
        const { status } = await accounts!.updateEmailOrPassword({ recipeUserId, email: number, tenantIdForPasswordPolicy: tenantIds[0] ?? 'public', userContext })
        if (status === 'OK') return await forgetPhone(toE164(account.email ?? ''), tenantIds, userContext)
        // The account has had to make room for another one that waits.
        if (status !== 'EMAIL_ALREADY_EXISTS_ERROR') throw sessionEnded()
      }
      throw refuse('Too many sign-ups with this number.', 60)
    }
  }
}
