import { getUser } from 'supertokens-node'
import { toE164 } from '../../../phone/number.js'
import type { PinnedPhone } from './pinned-phone.js'

/** Phone + password: the account's own number, pinned from sign-up (guide 000). It is never `none`, so nothing is ever enrolled. */
export const accountPhone: PinnedPhone = async ({ userId, recipeUserId }, userContext) => {
  const user = await getUser(userId, userContext)
  const account = user?.loginMethods.find((method) => method.recipeId === 'emailpassword' && method.recipeUserId.getAsString() === recipeUserId)
  const address = toE164(account?.email ?? '')
  return address === undefined ? { state: 'broken' } : { state: 'enrolled', address }
}
