import type { Storage } from '../storage/storage.js'

export function roleExists (db: Storage, role: string): boolean {
  return db.get('SELECT 1 FROM roles WHERE role = ?', role) !== undefined
}

/** Creates a role, or adds permissions to an existing one. Returns whether the role is new. */
export function saveRole (db: Storage, role: string, permissions: string[]): boolean {
  return db.transaction(() => {
    const isNew = db.run('INSERT OR IGNORE INTO roles (role) VALUES (?)', role) === 1
    for (const permission of permissions) db.run('INSERT OR IGNORE INTO role_permissions (role, permission) VALUES (?, ?)', role, permission)
    return isNew
  })
}

/** Returns whether there was such a role. */
export function deleteRole (db: Storage, role: string): boolean {
  return db.run('DELETE FROM roles WHERE role = ?', role) === 1
}

export function allRoles (db: Storage): string[] {
  return column(db, 'SELECT role FROM roles')
}

export function permissionsOf (db: Storage, role: string): string[] {
  return column(db, 'SELECT permission FROM role_permissions WHERE role = ?', role)
}

export function rolesWith (db: Storage, permission: string): string[] {
  return column(db, 'SELECT role FROM role_permissions WHERE permission = ?', permission)
}

/** Without `permissions`, removes them all. Returns whether there is such a role. */
export function removePermissions (db: Storage, role: string, permissions: string[] | undefined): boolean {
  return db.transaction(() => {
    if (!roleExists(db, role)) return false
    if (permissions === undefined) db.run('DELETE FROM role_permissions WHERE role = ?', role)
    for (const permission of permissions ?? []) db.run('DELETE FROM role_permissions WHERE role = ? AND permission = ?', role, permission)
    return true
  })
}

/** Any id can have roles, even one that is not a user. Returns false if it already had this one. */
export function addRole (db: Storage, tenantId: string, userId: string, role: string): boolean {
  return db.run('INSERT OR IGNORE INTO user_roles (tenant_id, user_id, role) VALUES (?, ?, ?)', tenantId, userId, role) === 1
}

/** Returns whether the id had the role. */
export function removeRole (db: Storage, tenantId: string, userId: string, role: string): boolean {
  return db.run('DELETE FROM user_roles WHERE user_id = ? AND tenant_id = ? AND role = ?', userId, tenantId, role) === 1
}

export function rolesOf (db: Storage, tenantId: string, userId: string): string[] {
  return column(db, 'SELECT role FROM user_roles WHERE user_id = ? AND tenant_id = ?', userId, tenantId)
}

export function holdersOf (db: Storage, tenantId: string, role: string): string[] {
  return column(db, 'SELECT user_id FROM user_roles WHERE role = ? AND tenant_id = ?', role, tenantId)
}

function column (db: Storage, sql: string, ...values: string[]): string[] {
  return db.all(sql, ...values).map((row) => Object.values(row)[0] as string)
}
