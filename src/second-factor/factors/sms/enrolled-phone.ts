import { getUser } from 'supertokens-node'
import type { User, UserContext } from 'supertokens-node/types'
import { textOf } from '../../../members.js'
import { readMetadata, updateMetadata, type Metadata } from '../../records.js'
import type { FindState } from '../../state.js'

/** Key of the user's metadata that points to SuperTokens' user of the phone. The name is the guide's. */
export const PHONE_RECORD = 'passwordlessUserId'
/**
 * Key of the number that this user had when it was last asked for, together with the id that it belongs to: wherever the
 * record is changed alone, the number counts no more.
 */
export const PHONE_NUMBER = 'fastify-2fa:phone-number'

function phoneOf (user: User | undefined): string | undefined {
  return user?.loginMethods.find((method) => method.recipeId === 'passwordless' && method.phoneNumber !== undefined)?.phoneNumber
}

const noted = (record: string, number: string | undefined): Metadata => ({ [PHONE_NUMBER]: number === undefined ? null : { user: record, number } })

/** What is written together with the record that points to this user. */
export const numberOf = (user: User): Metadata => noted(user.id, phoneOf(user))

function numberIn (metadata: Metadata, record: string): string | undefined {
  const known = metadata[PHONE_NUMBER]
  return textOf(known, 'user') === record ? textOf(known, 'number') : undefined
}

/** Asks the Core for the user of the phone, and writes down what it says where that is news. */
async function askForNumber (userId: string, record: string, known: string | undefined, userContext: UserContext): Promise<string | undefined> {
  const user = await getUser(record, userContext)
  const number = phoneOf(user)
  if (known !== undefined && known !== number) await updateMetadata(userId, { [PHONE_NUMBER]: null }, userContext)
  return number
}

/**
 * E-mail + password: a phone is enrolled once and pinned in the user's metadata (guide 001).
 *
 * The number there is as good as the record: whoever may write one may write the other. An operator can give the user of
 * the phone another number in the Core, of which the metadata learns nothing. Codes to the old one open nothing, since the
 * Core says with each code that is spent whose it was; then, when another message is asked for or another number is named,
 * the Core is asked what the number is now (`asked`). Of users who enrolled before it was written down, it is asked until
 * they have answered a code.
 */
export const enrolledPhone: FindState = async ({ userId }, userContext, { asked = false } = {}) => {
  const metadata = await readMetadata(userId, userContext)
  const { [PHONE_RECORD]: record } = metadata
  if (record === undefined) return { state: 'none' }
  if (typeof record !== 'string') return { state: 'broken' }
  const known = numberIn(metadata, record)
  if (known !== undefined && !asked) return { state: 'enrolled', address: known, record }
  const number = await askForNumber(userId, record, known, userContext)
  if (number === undefined) return { state: 'broken' }
  const note = async () => { await updateMetadata(userId, noted(record, number), userContext) }
  return { state: 'enrolled', address: number, record, ...(known === undefined && { answered: note }) }
}
