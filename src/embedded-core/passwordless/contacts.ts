import { badRequest } from '../input/refusals.js'
import type { Storage } from '../storage/storage.js'
import { findLogin, findMethod, setContacts, type LoginMethod, type User } from '../users/accounts.js'
import { mayTake } from '../users/linking.js'
import { internalIdOf } from '../users/user-ids.js'
import { removeDevicesOf, type Contact } from './devices.js'

/** Undefined leaves a contact as it is; null removes it. */
export interface ContactChange { email: string | null | undefined, phone: string | null | undefined }

/**
 * Changes a user's email, phone number or both. Voids the codes of old and new ones.
 *
 * @throws a 400 refusal if none is left
 */
export function changeContacts (db: Storage, givenId: string, { email, phone }: ContactChange): object {
  return db.transaction(() => {
    const userId = internalIdOf(db, givenId) ?? givenId
    const login = findLogin(db, userId)
    if (login?.method.recipe !== 'passwordless') return { status: 'UNKNOWN_USER_ID_ERROR' }
    const { user, method } = login
    const [newEmail, newPhone] = [email === undefined ? method.email : email, phone === undefined ? method.phone : phone]
    if (newEmail === null && newPhone === null) throw badRequest('You cannot clear both email and phone number of a user')

    const refusal =
      (newEmail !== method.email && newEmail !== null ? refuseContact(db, user, method, { email: newEmail }) : undefined) ??
      (newPhone !== method.phone && newPhone !== null ? refuseContact(db, user, method, { phone: newPhone }) : undefined)
    if (refusal !== undefined) return refusal
    setContacts(db, method, { email: newEmail, phone: newPhone })
    if (newEmail !== method.email) for (const one of [method.email, newEmail]) removeDevicesOf(db, { email: one }, method.tenantIds)
    if (newPhone !== method.phone) for (const one of [method.phone, newPhone]) removeDevicesOf(db, { phone: one }, method.tenantIds)
    return { status: 'OK' }
  })
}

function refuseContact (db: Storage, user: User, method: LoginMethod, contact: Contact): object | undefined {
  const [name, label] = 'email' in contact ? ['EMAIL', 'email'] : ['PHONE_NUMBER', 'phone number']
  if (!mayTake(db, user, contact)) {
    return { status: `${name}_CHANGE_NOT_ALLOWED_ERROR`, reason: `New ${label} is associated with another primary user ID` }
  }
  const taken = method.tenantIds.some((tenantId) => findMethod(db, 'passwordless', tenantId, contact) !== undefined)
  return taken ? { status: `${name}_ALREADY_EXISTS_ERROR` } : undefined
}
