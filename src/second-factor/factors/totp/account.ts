import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { isPlaceholder, pendingNumber } from '../sms/placeholder.js'

/** What an app calls the account: its address, or its number. */
export async function accountName (userId: string, userContext: UserContext): Promise<string | undefined> {
  const user = await getUser(userId, userContext)
  const login = user?.emails[0] ?? user?.phoneNumbers[0]
  return login !== undefined && isPlaceholder(login) ? pendingNumber(login) : login
}
