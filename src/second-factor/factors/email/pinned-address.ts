import { getUser } from 'supertokens-node'
import { subjectOf } from '../../../limits/subject.js'
import { readMetadata } from '../../records.js'
import type { FindState, Subject } from '../../state.js'
import type { UserContext } from 'supertokens-node/types'
import { toAddress } from './address.js'

/** Key of the user's metadata that holds the enrolled address. */
export const EMAIL_RECORD = 'fastify-2fa:email'

/** What the SDK makes up for people whose provider names no address. Nobody can read mail there. */
const MADE_UP = /@stfakeemail\.supertokens\.com$|\.fakeemail\.com$/

/** The address that the account signs in with, confirmed or not. */
export async function ownAddress ({ userId, recipeUserId }: Subject, userContext: UserContext): Promise<string | undefined> {
  const user = await getUser(userId, userContext)
  const { email, recipeId } = user?.loginMethods.find((method) => method.recipeUserId.getAsString() === recipeUserId) ?? {}
  return email === undefined || (recipeId === 'thirdparty' && MADE_UP.test(email)) ? undefined : subjectOf(email)
}

/**
 * E-mail + password and social logins: the account's own address and no other. To trust the first address that somebody
 * names would let a thief with the password name theirs, although the account says whose it is. The right code confirms it.
 *
 * Phone + password, and people whose provider names no address: the first one whose code is entered.
 *
 * It is pinned then. That the account's own address changes later changes nothing.
 */
export const pinnedAddress = (firstFactor: 'email-password' | 'phone-password'): FindState => async (subject, userContext) => {
  const { [EMAIL_RECORD]: record } = await readMetadata(subject.userId, userContext)
  if (record !== undefined) {
    const address = typeof record === 'string' ? toAddress(record) : undefined
    return address === undefined ? { state: 'broken' } : { state: 'enrolled', address }
  }
  // With phone + password, what the Core calls the account's e-mail address is its number.
  const own = firstFactor === 'phone-password' ? undefined : await ownAddress(subject, userContext)
  return own === undefined ? { state: 'none' } : { state: 'none', address: own }
}
