import type { FastifyInstance } from 'fastify'
import { notEmpty, type Body } from '../http/input.js'
import { badRequest } from '../http/refusals.js'
import { addRole, roleExists } from '../users/roles.js'
import type { Storage } from '../storage/storage.js'
import { answer } from '../http/transport.js'

const UNKNOWN_ROLE = { status: 'UNKNOWN_ROLE_ERROR' }

export async function userRoles (fastify: FastifyInstance): Promise<void> {
  fastify.put('/recipe/role', answer((call) => {
    const role = notEmpty(call.body.string('role'), 'role')
    const permissions = permissionsOf(call.body) ?? []
    const { db } = call.publicApp()
    return db.transaction(() => {
      const createdNewRole = db.run('INSERT OR IGNORE INTO roles (role) VALUES (?)', role) === 1
      for (const permission of permissions) db.run('INSERT OR IGNORE INTO role_permissions (role, permission) VALUES (?, ?)', role, permission)
      return { status: 'OK', createdNewRole }
    })
  }))

  fastify.post('/recipe/role/remove', answer((call) => {
    const role = notEmpty(call.body.string('role'), 'role')
    return { status: 'OK', didRoleExist: call.publicApp().db.run('DELETE FROM roles WHERE role = ?', role) === 1 }
  }))

  fastify.get('/recipe/roles', answer((call) => ({ status: 'OK', roles: column(call.publicApp().db, 'SELECT role FROM roles') })))

  fastify.get('/recipe/role/permissions', answer((call) => {
    const role = notEmpty(call.query.string('role'), 'role')
    const { db } = call.publicApp()
    return roleExists(db, role) ? { status: 'OK', permissions: column(db, 'SELECT permission FROM role_permissions WHERE role = ?', role) } : UNKNOWN_ROLE
  }))

  fastify.post('/recipe/role/permissions/remove', answer((call) => {
    const role = notEmpty(call.body.string('role'), 'role')
    const permissions = permissionsOf(call.body)
    const { db } = call.publicApp()
    return db.transaction(() => {
      if (!roleExists(db, role)) return UNKNOWN_ROLE
      if (permissions === undefined) db.run('DELETE FROM role_permissions WHERE role = ?', role)
      for (const permission of permissions ?? []) db.run('DELETE FROM role_permissions WHERE role = ? AND permission = ?', role, permission)
      return { status: 'OK' }
    })
  }))

  fastify.get('/recipe/permission/roles', answer((call) => {
    const permission = notEmpty(call.query.string('permission'), 'permission')
    return { status: 'OK', roles: column(call.publicApp().db, 'SELECT role FROM role_permissions WHERE permission = ?', permission) }
  }))

  fastify.put('/recipe/user/role', answer((call) => {
    const userId = call.body.string('userId')
    const role = notEmpty(call.body.string('role'), 'role')
    const { db, id } = call.tenant()
    if (!roleExists(db, role)) return UNKNOWN_ROLE
    return { status: 'OK', didUserAlreadyHaveRole: !addRole(db, id, userId, role) }
  }))

  fastify.post('/recipe/user/role/remove', answer((call) => {
    const userId = call.body.string('userId')
    const role = notEmpty(call.body.string('role'), 'role')
    const { db, id } = call.tenant()
    if (!roleExists(db, role)) return UNKNOWN_ROLE
    const removed = db.run('DELETE FROM user_roles WHERE user_id = ? AND tenant_id = ? AND role = ?', userId, id, role)
    return { status: 'OK', didUserHaveRole: removed === 1 }
  }))

  fastify.get('/recipe/user/roles', answer((call) => {
    const userId = call.query.string('userId')
    const { db, id } = call.tenant()
    return { status: 'OK', roles: column(db, 'SELECT role FROM user_roles WHERE user_id = ? AND tenant_id = ?', userId, id) }
  }))

  fastify.get('/recipe/role/users', answer((call) => {
    const role = notEmpty(call.query.string('role'), 'role')
    const { db, id } = call.tenant()
    return roleExists(db, role) ? { status: 'OK', users: column(db, 'SELECT user_id FROM user_roles WHERE role = ? AND tenant_id = ?', role, id) } : UNKNOWN_ROLE
  }))
}

function permissionsOf (body: Body): string[] | undefined {
  return body.optionalStrings('permissions')?.map((permission) => {
    const trimmed = permission.trim()
    if (trimmed === '') throw badRequest('Field name \'permissions\' cannot contain an empty string')
    return trimmed
  })
}

function column (db: Storage, sql: string, ...values: string[]): string[] {
  return db.all(sql, ...values).map((row) => Object.values(row)[0] as string)
}
