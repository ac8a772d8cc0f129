import { badRequest } from '../input/refusals.js'
import { ownerOf } from '../storage/owners.js'
import type { Storage } from '../storage/storage.js'
import { findMapping, recipesUsing, userExists, type IdType } from './user-ids.js'

export type MappingResult = { status: string, doesSuperTokensUserIdExist?: boolean, doesExternalUserIdExist?: boolean }

/**
 * Call it inside a transaction. `unlessUsedAt` is the time by which sessions still count as use of the id; undefined
 * forces the mapping.
 *
 * @throws a 400 refusal if the id is in use
 */
export function createMapping (db: Storage, userId: string, externalId: string, info: string | null, unlessUsedAt: number | undefined): MappingResult {
  const [byExternal, byOwn] = [findMapping(db, externalId, 'EXTERNAL'), findMapping(db, userId, 'SUPERTOKENS')]
  const exists = (mapping: typeof byOwn) => ({
    status: 'USER_ID_MAPPING_ALREADY_EXISTS_ERROR',
    doesSuperTokensUserIdExist: mapping?.user_id === userId,
    doesExternalUserIdExist: mapping?.external_id === externalId
  })
  if (byExternal !== undefined) return exists(byExternal)
  if (!userExists(db, userId)) return { status: 'UNKNOWN_SUPERTOKENS_USER_ID_ERROR' }
  if (unlessUsedAt !== undefined) {
    if (userExists(db, externalId)) throw badRequest('Cannot create a userId mapping where the externalId is also a SuperTokens userID')
    // Email verification moves to the external id. Other data would be stranded under the old id.
    const using = recipesUsing(db, userId, unlessUsedAt)
    if (using.join() === 'EmailVerification') {
      for (const table of ['verified_emails', 'verification_tokens']) db.run(`UPDATE ${table} SET user_id = ? WHERE user_id = ?`, externalId, userId)
    } else {
      refuseIfUsed(using)
    }
  }
  if (byOwn !== undefined) return exists(byOwn)
  db.run('INSERT INTO user_ids (user_id, external_id, info) VALUES (?, ?, ?)', userId, externalId, db.personal.sealNote(info, ownerOf.idMapping(userId, externalId)))
  return { status: 'OK' }
}

/**
 * Returns whether there was a mapping. `unlessUsedAt` as for `createMapping`.
 *
 * @throws a 400 refusal if the external id is in use
 */
export function removeMapping (db: Storage, id: string, type: IdType, unlessUsedAt: number | undefined): boolean {
  return db.transaction(() => {
    const found = findMapping(db, id, type)
    if (found === undefined) return false
    if (unlessUsedAt !== undefined && !userExists(db, found.external_id)) refuseIfUsed(recipesUsing(db, found.external_id, unlessUsedAt))
    db.run('DELETE FROM user_ids WHERE user_id = ?', found.user_id)
    return true
  })
}

/** Returns whether there is such a mapping. */
export function updateMappingInfo (db: Storage, id: string, type: IdType, info: string | null): boolean {
  const found = findMapping(db, id, type)
  if (found === undefined) return false
  db.run('UPDATE user_ids SET info = ? WHERE user_id = ?', db.personal.sealNote(info, ownerOf.idMapping(found.user_id, found.external_id)), found.user_id)
  return true
}

function refuseIfUsed ([recipe]: string[]): void {
  if (recipe !== undefined) throw badRequest(`UserId is already in use in ${recipe} recipe`)
}
