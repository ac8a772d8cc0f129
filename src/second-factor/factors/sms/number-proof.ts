import { listUsersByAccountInfo } from 'supertokens-node'
import type { LoginMethod } from 'supertokens-node/lib/build/user.js'
import type { UserContext } from 'supertokens-node/types'
import { toE164 } from '../../../phone/number.js'
import { storedForms } from '../../../phone/two-ways.js'
import { readMetadata, updateMetadata } from '../../records.js'

/** Key of the account's metadata: the number of the code that it has answered, where the Core does not say so. */
const PROVEN = 'fastify-2fa:proven-number'

/**
 * When a code to this number was answered for the first time, in milliseconds since 1970: the Core keeps a user of the
 * phone since.
 */
async function firstAnswer (number: string, tenantIds: readonly string[], userContext: UserContext): Promise<number | undefined> {
  const users = await Promise.all(tenantIds.map((tenantId) => listUsersByAccountInfo(tenantId, { phoneNumber: number }, false, userContext)))
  const phones = users.flat().flatMap(({ loginMethods }) => loginMethods).filter((method) => method.recipeId === 'passwordless' && method.hasSamePhoneNumberAs(number))
  return phones.length === 0 ? undefined : Math.max(...phones.map(({ timeJoined }) => timeJoined))
}

/**
 * Whether an account has ever answered a code that was sent to its number. Until then the number is only what somebody
 * typed at sign-up.
 *
 * An answer from before the account existed was another account's, which has been deleted or has another number now: it
 * says nothing of whoever signed up since. Such an account is proven by a mark of its own.
 */
export async function isProven ({ email = '', tenantIds, timeJoined, recipeUserId }: LoginMethod, userContext: UserContext): Promise<boolean> {
  const number = toE164(email)
  if (number === undefined) return false
  for (const form of storedForms(number)) {
    if ((await firstAnswer(form, tenantIds, userContext) ?? -Infinity) >= timeJoined) return true
  }
  return (await readMetadata(recipeUserId.getAsString(), userContext))[PROVEN] === number
}

/** Notes that an account has answered a code that was sent to this number. */
export async function markProven ({ recipeUserId }: LoginMethod, number: string, userContext: UserContext): Promise<void> {
  await updateMetadata(recipeUserId.getAsString(), { [PROVEN]: number }, userContext)
}
