import { getUser } from 'supertokens-node'
import { toE164 } from '../../../phone/number.js'
import type { PinnedPhone } from './pinned-phone.js'

/** Phone + password: the account's own number, pinned from sign-up (guide 000). */
export const accountPhone: PinnedPhone = {
  async find ({ userId, recipeUserId }, userContext) {
    const user = await getUser(userId, userContext)
    const account = user?.loginMethods.find((method) => method.recipeId === 'emailpassword' && method.recipeUserId.getAsString() === recipeUserId)
    const phoneNumber = toE164(account?.email ?? '')
    return phoneNumber === undefined ? { state: 'broken' } : { state: 'enrolled', phoneNumber }
  },

  // Nothing is written: the number came with the account.
  async enrol () {
    return false
  }
}
