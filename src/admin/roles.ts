import type { CoreUser } from '../account/core-client.js'
import { eventOf, requireReason, requireUser, type Because, type Operations } from '../account/operator.js'
import { OperationRefused } from '../errors.js'
import { CORE_WIDTHS, fits } from '../lengths.js'
import { createRole, eachOf, giveRole, rolesIn, takeRole } from './core-calls.js'

/** Roles by tenant, for the tenants of the person. */
export type PersonRoles = Record<string, string[]>

export interface RoleChange {
  role: string
  /** @default 'public' */
  tenantId?: string | undefined
}

const tenantsOfUser = ({ loginMethods }: CoreUser): string[] => [...new Set(loginMethods.flatMap(({ tenantIds }) => tenantIds))]

export async function rolesOf ({ core }: Operations, user: CoreUser): Promise<PersonRoles> {
  const tenants = tenantsOfUser(user)
  const roles = await eachOf(tenants, (tenantId) => rolesIn(core, tenantId, user.id))
  return Object.fromEntries(tenants.map((tenantId, index) => [tenantId, roles[index]!.toSorted()]))
}

export async function listRoles (operations: Operations, userId: string): Promise<PersonRoles> {
  return await rolesOf(operations, await requireUser(operations.core, userId))
}

/** @throws AUTH_OPERATION_REFUSED for a name that is none, and a tenant that the person is not in */
async function begun ({ core }: Operations, userId: string, { role, tenantId }: { role: string, tenantId: string }, because: Because): Promise<CoreUser> {
  requireReason(because)
  if (typeof role !== 'string' || role.trim() === '' || role !== role.trim() || /\p{Cc}/u.test(role) || !fits(role, CORE_WIDTHS.role)) throw new OperationRefused('This is no name of a role.')
  const user = await requireUser(core, userId)
  if (!tenantsOfUser(user).includes(tenantId)) throw new OperationRefused('The person is not in this tenant.')
  return user
}

const unknownRole = (): Error => new OperationRefused('There is no such role. Check its name, or have it made (create, --create).')

/**
 * Gives a person a role. Sessions get it when they are refreshed, or within `rolesMaxAge`.
 *
 * @param change `create` makes the role, without permissions, if there is none of this name
 * @throws AUTH_OPERATION_REFUSED for a role that there is not
 */
export async function addRole (operations: Operations, userId: string, { role, tenantId = 'public', create = false, ...because }: RoleChange & { create?: boolean | undefined } & Because): Promise<{ added: boolean }> {
  const { core, report } = operations
  const user = await begun(operations, userId, { role, tenantId }, because)
  if (create) await createRole(core, role)
  const added = await giveRole(core, tenantId, user.id, role)
  if (added === 'unknown') throw unknownRole()
  if (added) await report({ userId: user.id, events: [eventOf('role.added', user.id, because, { role, tenantId })] })
  return { added }
}

/** Takes a role from a person. Sessions lose it when they are refreshed, or within `rolesMaxAge`. */
export async function removeRole (operations: Operations, userId: string, { role, tenantId = 'public', ...because }: RoleChange & Because): Promise<{ removed: boolean }> {
  const { core, report } = operations
  const user = await begun(operations, userId, { role, tenantId }, because)
  const removed = await takeRole(core, tenantId, user.id, role)
  if (removed === 'unknown') throw unknownRole()
  if (removed) await report({ userId: user.id, events: [eventOf('role.removed', user.id, because, { role, tenantId })] })
  return { removed }
}
