import { badRequest } from '../http/refusals.js'
import type { Storage } from '../storage/storage.js'
import { findMapping, recipesUsing, userExists } from './user-ids.js'

export type MappingResult = { status: string, doesSuperTokensUserIdExist?: boolean, doesExternalUserIdExist?: boolean }

/** `unlessUsedAt`: the time that says which sessions still count as use of the id; left out, the mapping is forced. */
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
    // Verification moves along; anything else would stay behind under an id that nobody asks for any more.
    const using = recipesUsing(db, userId, unlessUsedAt)
    if (using.join() === 'EmailVerification') {
      for (const table of ['verified_emails', 'verification_tokens']) db.run(`UPDATE ${table} SET user_id = ? WHERE user_id = ?`, externalId, userId)
    } else {
      refuseIfUsed(using)
    }
  }
  if (byOwn !== undefined) return exists(byOwn)
  db.run('INSERT INTO user_ids (user_id, external_id, info) VALUES (?, ?, ?)', userId, externalId, info)
  return { status: 'OK' }
}

export function refuseIfUsed ([recipe]: string[]): void {
  if (recipe !== undefined) throw badRequest(`UserId is already in use in ${recipe} recipe`)
}
