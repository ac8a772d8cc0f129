import { ownerOf } from '../storage/owners.js'
import type { Stored } from '../storage/personal.js'
import type { Storage } from '../storage/storage.js'

/** `info`: what the host has noted about it. */
export interface Mapping { user_id: string, external_id: string, info: string | null }
export type IdType = 'SUPERTOKENS' | 'EXTERNAL' | 'ANY'

/** The id of the primary user that an id is linked to, else the id itself. */
export function primaryIdOf (db: Storage, userId: string): string {
  const row = db.get<Stored<'email' | 'phone' | 'provider_user_id'> & { primary_id: string }>('SELECT primary_id, email, phone, provider_user_id, sealed FROM users WHERE user_id = ?', userId)
  if (row === undefined || row.primary_id === userId) return userId
  const { primary_id: primaryId, ...stored } = row
  // Whom a login lets in is sealed with it: somebody who may write to the file must not link theirs to another's account.
  db.personal.read<'email' | 'phone' | 'provider_user_id'>(stored, ownerOf.user(userId, primaryId))
  return primaryId
}

/** Whether the Core made this id. A primary user's id outlives its own login method as long as others are linked. */
export function userExists (db: Storage, userId: string): boolean {
  return db.get('SELECT 1 FROM users WHERE user_id = ? UNION ALL SELECT 1 FROM users WHERE primary_id = ? LIMIT 1', userId, userId) !== undefined
}

export function externalIdOf (db: Storage, userId: string): string | null {
  return opened(db, db.get<Mapping>('SELECT user_id, external_id, info FROM user_ids WHERE user_id = ?', userId))?.external_id ?? null
}

/** With `ANY`, an id that is both the Core's own and an external one counts as the Core's own. */
export function findMapping (db: Storage, id: string, type: IdType): Mapping | undefined {
  return opened(db, db.get<Mapping>(`SELECT user_id, external_id, info FROM user_ids
    WHERE (user_id = ? AND ? <> 'EXTERNAL') OR (external_id = ? AND ? <> 'SUPERTOKENS') ORDER BY user_id = ? DESC LIMIT 1`, id, type, id, type, id))
}

function opened ({ personal }: Storage, mapping: Mapping | undefined): Mapping | undefined {
  return mapping && { ...mapping, info: personal.openNote(mapping.info, ownerOf.idMapping(mapping.user_id, mapping.external_id)) }
}

/** How many mappings have a note. Where notes are sealed, that there is none is sealed, too. */
export function notesOnIds (db: Storage): number {
  return db.all<Mapping>('SELECT user_id, external_id, info FROM user_ids WHERE info IS NOT NULL').filter((row) => opened(db, row)?.info !== null).length
}

/** An external id, once it has proved to be this user's: somebody who may write to the file must not give their login the id of another's. */
export function boundId ({ personal }: Storage, userId: string, externalId: string | null, info: string | null): string | null {
  if (externalId !== null) personal.openNote(info, ownerOf.idMapping(userId, externalId))
  return externalId
}

/** The Core's own id of a user, from either kind of id. Undefined for an unknown id. */
export function internalIdOf (db: Storage, id: string): string | undefined {
  return userExists(db, id) ? id : findMapping(db, id, 'ANY')?.user_id
}

/** The recipes that hold data under this id, in the order in which the real Core looks. */
export function recipesUsing (db: Storage, id: string, now: number): string[] {
  const uses: Array<[string, string, ...Array<string | number>]> = [
    ['Session', 'SELECT 1 FROM sessions WHERE user_id = ? AND expires_at >= ?', id, now],
    ['UserMetadata', 'SELECT 1 FROM user_metadata WHERE user_id = ?', id],
    ['UserRoles', 'SELECT 1 FROM user_roles WHERE user_id = ?', id],
    ['EmailVerification', 'SELECT 1 FROM verified_emails WHERE user_id = ? UNION ALL SELECT 1 FROM verification_tokens WHERE user_id = ?', id, id],
    ['TOTP', 'SELECT 1 FROM totp_devices WHERE user_id = ?', id]
  ]
  return uses.filter(([, sql, ...values]) => db.get(sql, ...values) !== undefined).map(([recipe]) => recipe)
}
