import { getUser, listUsersByAccountInfo } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { toE164 } from '../../../phone/number.js'
import type { PinnedPhone } from './pinned-phone.js'

/**
 * Whether somebody has ever answered a code that was sent to this number: the Core keeps a user of the phone since. Until
 * then the number is only what somebody typed at sign-up.
 */
export async function isProven (phoneNumber: string, tenantId: string, userContext: UserContext): Promise<boolean> {
  const users = await listUsersByAccountInfo(tenantId, { phoneNumber }, false, userContext)
  return users.some(({ loginMethods }) => loginMethods.some((method) => method.recipeId === 'passwordless' && method.hasSamePhoneNumberAs(phoneNumber)))
}

/** Phone + password: the account's own number, pinned from sign-up (guide 000). It is never `none`, so nothing is ever enrolled. */
export const accountPhone: PinnedPhone = async ({ userId, recipeUserId }, userContext) => {
  const user = await getUser(userId, userContext)
  const account = user?.loginMethods.find((method) => method.recipeId === 'emailpassword' && method.recipeUserId.getAsString() === recipeUserId)
  const address = toE164(account?.email ?? '')
  return address === undefined ? { state: 'broken' } : { state: 'enrolled', address, isProven: (tenantId) => isProven(address, tenantId, userContext) }
}
