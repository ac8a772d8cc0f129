import { getUser } from 'supertokens-node'
import type { User } from 'supertokens-node/types'
import { readMetadata } from '../../records.js'
import type { PinnedPhone } from './pinned-phone.js'

/** Key of the user's metadata that points to SuperTokens' user of the phone. The name is the guide's. */
export const PHONE_RECORD = 'passwordlessUserId'

function phoneOf (user: User | undefined): string | undefined {
  return user?.loginMethods.find((method) => method.recipeId === 'passwordless' && method.phoneNumber !== undefined)?.phoneNumber
}

/** E-mail + password: a phone is enrolled once and pinned in the user's metadata (guide 001). */
export const enrolledPhone: PinnedPhone = async ({ userId }, userContext) => {
  const { [PHONE_RECORD]: record } = await readMetadata(userId, userContext)
  if (record === undefined) return { state: 'none' }
  if (typeof record !== 'string') return { state: 'broken' }
  const address = phoneOf(await getUser(record, userContext))
  return address === undefined ? { state: 'broken' } : { state: 'enrolled', address, record }
}
