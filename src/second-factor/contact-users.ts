import { getUser } from 'supertokens-node'
import type { User, UserContext } from 'supertokens-node/types'
import { ChangeUnderWay, FactorBroken } from '../errors.js'
import { updateMetadata, type Metadata } from './records.js'

/*
 * SuperTokens keeps a user of its own for each phone and each address that has answered a code. The Core has no index of the
 * accounts that such a user belongs to, and several accounts may have the same phone. So both ends are written down before a
 * code that enrols something counts: without that, whoever deletes an account would leave its number behind, or take the phone
 * from somebody else.
 */

/** Beginning of keys of an account's metadata: users of the phones and addresses that it has, or once had. */
const CONTACT = 'fastify-2fa:contact:'
/** Beginning of keys of the metadata of such a user: the accounts that have it, or once had it. */
const HELD_BY = 'fastify-2fa:held-by:'
/** Whether all of them are there: the user is no older than this record, or everybody was asked. */
const ALL_KNOWN = 'fastify-2fa:holders-known'
/** When somebody began to delete it, in milliseconds since 1970. */
const GOING = 'fastify-2fa:going'

/** How long a deletion that died keeps others from enrolling the same phone. */
const PATIENCE_MS = 60_000

const endings = (prefix: string, metadata: Metadata): string[] => Object.keys(metadata).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))

/** The users of phones and addresses that an account has, or once had. */
export const contactsIn = (metadata: Metadata): string[] => endings(CONTACT, metadata)
/** The accounts that have this phone or address, or once had it. */
export const holdersIn = (metadata: Metadata): string[] => endings(HELD_BY, metadata)
/** Whether an account is about to enrol it: its own record does not say so yet. */
export function isEnrolling (metadata: Metadata, userId: string): boolean {
  const since = metadata[HELD_BY + userId]
  return typeof since === 'number' && Date.now() - since < PATIENCE_MS
}
export const areHoldersKnown = (metadata: Metadata): boolean => metadata[ALL_KNOWN] === true

/** Says who has it, once everybody was asked. */
export const knownHolders = (userIds: readonly string[]): Metadata => ({ [ALL_KNOWN]: true, ...Object.fromEntries(userIds.map((id) => [HELD_BY + id, 0])) })
/** Says that an account has it no more. If nobody else has, it is about to be deleted. */
export const releasedBy = (userId: string): Metadata => ({ [HELD_BY + userId]: null, [GOING]: Date.now() })
/** Says that it stays. */
export const STAYS: Metadata = { [GOING]: null }

/**
 * Notes that an account is about to enrol a phone or an address that has just answered its code.
 *
 * @param isNew whether the Core has made the user just now, so that no other account can have it yet
 * @throws AUTH_CHANGE_UNDER_WAY while the account that had it is being deleted
 */
export async function noteContact (userId: string, contact: User, isNew: boolean, userContext: UserContext): Promise<void> {
  await updateMetadata(userId, { [CONTACT + contact.id]: true }, userContext)
  const noted = await updateMetadata(contact.id, { [HELD_BY + userId]: Date.now(), ...(isNew && { [ALL_KNOWN]: true }) }, userContext)
  const since = noted[GOING]
  if (typeof since === 'number' && Date.now() - since < PATIENCE_MS) throw new ChangeUnderWay()
  // One from before this was written down, or one that was deleted since it answered the code.
  if (!areHoldersKnown(noted) && await getUser(contact.id, userContext) === undefined) throw new FactorBroken()
}
