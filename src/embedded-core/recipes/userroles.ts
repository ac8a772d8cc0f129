import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { notEmpty, type Body } from '../input/body.js'
import { badRequest } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import { stored, WIDTHS } from '../input/widths.js'
import { addRole, allRoles, deleteRole, holdersOf, permissionsOf, removePermissions, removeRole, roleExists, rolesOf, rolesWith, saveRole } from '../users/roles.js'

const UNKNOWN_ROLE = { status: 'UNKNOWN_ROLE_ERROR' }

export async function userRoles (fastify: FastifyInstance): Promise<void> {
  fastify.put('/recipe/role', answer((call) => {
    const role = notEmpty(call.body.string('role'), 'role')
    const permissions = permissionsIn(call.body) ?? []
    const { db } = call.publicApp()
    stored(role, 'role', WIDTHS.role)
    for (const permission of permissions) stored(permission, 'permissions', WIDTHS.role)
    return { status: 'OK', createdNewRole: saveRole(db, role, permissions) }
  }))

  fastify.post('/recipe/role/remove', answer((call) => {
    const role = notEmpty(call.body.string('role'), 'role')
    return { status: 'OK', didRoleExist: deleteRole(call.publicApp().db, role) }
  }))

  fastify.get('/recipe/roles', answer((call) => ({ status: 'OK', roles: allRoles(call.publicApp().db) })))

  fastify.get('/recipe/role/permissions', answer((call) => {
    const role = notEmpty(call.query.string('role'), 'role')
    const { db } = call.publicApp()
    return roleExists(db, role) ? { status: 'OK', permissions: permissionsOf(db, role) } : UNKNOWN_ROLE
  }))

  fastify.post('/recipe/role/permissions/remove', answer((call) => {
    const role = notEmpty(call.body.string('role'), 'role')
    const permissions = permissionsIn(call.body)
    return removePermissions(call.publicApp().db, role, permissions) ? { status: 'OK' } : UNKNOWN_ROLE
  }))

  fastify.get('/recipe/permission/roles', answer((call) => {
    const permission = notEmpty(call.query.string('permission'), 'permission')
    return { status: 'OK', roles: rolesWith(call.publicApp().db, permission) }
  }))

  fastify.put('/recipe/user/role', answer((call) => {
    const userId = call.body.string('userId')
    const role = notEmpty(call.body.string('role'), 'role')
    const { db, id } = call.tenant()
    stored(userId, 'userId', WIDTHS.userId)
    return roleExists(db, role) ? { status: 'OK', didUserAlreadyHaveRole: !addRole(db, id, userId, role) } : UNKNOWN_ROLE
  }))

  fastify.post('/recipe/user/role/remove', answer((call) => {
    const userId = call.body.string('userId')
    const role = notEmpty(call.body.string('role'), 'role')
    const { db, id } = call.tenant()
    return roleExists(db, role) ? { status: 'OK', didUserHaveRole: removeRole(db, id, userId, role) } : UNKNOWN_ROLE
  }))

  fastify.get('/recipe/user/roles', answer((call) => {
    const userId = call.query.string('userId')
    const { db, id } = call.tenant()
    return { status: 'OK', roles: rolesOf(db, id, userId) }
  }))

  fastify.get('/recipe/role/users', answer((call) => {
    const role = notEmpty(call.query.string('role'), 'role')
    const { db, id } = call.tenant()
    return roleExists(db, role) ? { status: 'OK', users: holdersOf(db, id, role) } : UNKNOWN_ROLE
  }))
}

function permissionsIn (body: Body): string[] | undefined {
  return body.optionalStrings('permissions', (permission) => {
    const trimmed = trim(permission)
    if (trimmed === '') throw badRequest('Field name \'permissions\' cannot contain an empty string')
    return trimmed
  })
}
