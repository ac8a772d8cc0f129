import type { Storage } from '../storage/storage.js'

export function roleExists (db: Storage, role: string): boolean {
  return db.get('SELECT 1 FROM roles WHERE role = ?', role) !== undefined
}

/** Any id can have roles, users or not. Returns whether it did not have this one. */
export function addRole (db: Storage, tenantId: string, userId: string, role: string): boolean {
  return db.run('INSERT OR IGNORE INTO user_roles (tenant_id, user_id, role) VALUES (?, ?, ?)', tenantId, userId, role) === 1
}
