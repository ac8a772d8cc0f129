import type { Storage } from '../storage/storage.js'
import { notesOnIds } from '../users/user-ids.js'

/** The number of rows of each kind in an export. */
export interface Carried { metadata: number, roles: number, devices: number, methods: number }

/** Counts what the export format cannot hold, so that nothing is dropped silently. */
export function leftOut (db: Storage, carried: Carried): Record<string, number> {
  const count = (from: string) => (db.get<{ count: number }>(`SELECT count(*) AS count FROM ${from}`) as { count: number }).count
  const found: Record<string, number> = {
    'login methods without a tenant': count('users') - carried.methods,
    'metadata of ids that are not users': count('user_metadata') - carried.metadata,
    'roles of ids that are not users, or in tenants that the user is not in': count('user_roles') - carried.roles,
    'authenticators that were never verified, or of ids that are not users': count('totp_devices') - carried.devices,
    'own ids of linked login methods (their users keep theirs)': count('users WHERE user_id <> primary_id'),
    'notes on mapped ids (externalUserIdInfo)': notesOnIds(db),
    'users waiting for a bulk import': count('bulk_import')
  }
  return Object.fromEntries(Object.entries(found).filter(([, number]) => number > 0))
}
