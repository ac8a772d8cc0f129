import { getUser } from 'supertokens-node'
import { toE164 } from '../../../phone/number.js'
import { createClaim } from './number-claim.js'
import { isProven, markProven } from './number-proof.js'
import type { FindState } from '../../state.js'
import { pendingNumber } from './placeholder.js'

/**
 * Phone + password: the account's own number, pinned from sign-up (guide 000), or the one that it waits for. It is
 * never `none`, so nothing is ever enrolled.
 */
export const accountPhone: FindState = async ({ userId, recipeUserId }, userContext) => {
  const user = await getUser(userId, userContext)
  const account = user?.loginMethods.find((method) => method.recipeId === 'emailpassword' && method.recipeUserId.getAsString() === recipeUserId)
  if (account?.email === undefined) return { state: 'broken' }
  const claimed = pendingNumber(account.email)
  if (claimed !== undefined) return { state: 'enrolled', address: claimed, isProven: async () => false, claim: createClaim(account, claimed, userContext) }
  const address = toE164(account.email)
  if (address === undefined) return { state: 'broken' }
  return {
    state: 'enrolled',
    address,
    isProven: () => isProven(account, userContext),
    claimOf: (number) => createClaim(account, number, userContext),
    async answered (since) {
      if (since < account.timeJoined) await markProven(account, address, userContext)
    }
  }
}
