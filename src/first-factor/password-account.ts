import { listUsersByAccountInfo } from 'supertokens-node'
import type { LoginMethod } from 'supertokens-node/lib/build/user.js'
import type { UserContext } from 'supertokens-node/types'

/** The password account that the Core finds by an address or number as typed. One call to the Core, whatever it finds. */
export async function findPasswordAccount (typed: string, tenantId: string, userContext: UserContext): Promise<LoginMethod | undefined> {
  const users = await listUsersByAccountInfo(tenantId, { email: typed }, false, userContext)
  return users.flatMap(({ loginMethods }) => loginMethods).find((method) => method.recipeId === 'emailpassword' && method.hasSameEmailAs(typed))
}
