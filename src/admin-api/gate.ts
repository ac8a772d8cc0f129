import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CoreUser } from '../account/core-client.js'
import { rolesOf } from '../admin/roles.js'
import { publishAudit, requireAudit } from '../audit/audit.js'
import { AdminOwnAccount, AdminRoleTooLow, UserUnknown } from '../errors.js'
import { textOf } from '../members.js'
import type { AdminPageRoles } from './options.js'
import { may, type AdminRole, type Permission } from './roles.js'

/** Who acts. */
export interface Actor {
  /** As the audit names it: `key:<name>`, with `for <somebody>` where the caller says so, or `user:<id>`. */
  by: string
  role: AdminRole
  /** Their own account; undefined for a key. */
  userId?: string
  /** The tenant whose people they administer; undefined for everybody. */
  tenantId?: string
  /** With which they ask. */
  request: FastifyRequest
}

export interface Act {
  permission: Permission
  /** Whose account it is about. */
  userId?: string | undefined
  /** Whether it changes something. @default false */
  isChange?: boolean
  /** Whether the count of wrong codes starts anew. @default false */
  isUnlock?: boolean | undefined
}

/**
 * Whether an actor administers a person at all. Who is in another tenant as well belongs to both, so neither's administrators
 * may do what the other's people would feel.
 */
export const administers = ({ tenantId }: Pick<Actor, 'tenantId'>, tenantIds: readonly string[]): boolean =>
  tenantId === undefined || (tenantIds.length > 0 && tenantIds.every((id) => id === tenantId))

/** What callers name as an id may be somebody's address or number, and these are in no event. */
export const isPlainId = (userId: string | undefined): userId is string => userId !== undefined && /^(?=.*[a-z])[\w-]{1,128}$/i.test(userId)

/**
 * What the API and the page do goes through here: the role is checked, and what is refused is audited with who asked.
 *
 * @param pageRoles those who have one are administrators themselves: only an admin changes their accounts, so that the helpdesk
 * cannot take one over
 */
export function createGate (app: FastifyInstance, pageRoles: AdminPageRoles = {}) {
  const { operations } = app.twoFactor
  const administrators = Object.values(pageRoles)

  async function requireTarget (actor: Actor, user: CoreUser): Promise<void> {
    if (user.id === actor.userId) throw new AdminOwnAccount()
    if (may(actor.role, 'change-administrators') || administrators.length === 0) return
    const roles = Object.values(await rolesOf(operations, user)).flat()
    if (roles.some((role) => administrators.includes(role))) throw new AdminRoleTooLow(actor.role, 'change an account that opens the admin page')
  }

  /** With the password of an account and any number of unlocks, whoever has a helpdesk's key could try all codes. */
  async function unlocking<Result> (user: CoreUser, run: () => Promise<Result>): Promise<Result> {
    const taken = await app.twoFactor.limits?.adminUnlocks?.take(user.id)
    try {
      return await run()
    } catch (err) {
      await taken?.giveBack()
      throw err
    }
  }

  return async function act<Result> (actor: Actor, { permission, userId, isChange = false, isUnlock = false }: Act, run: () => Promise<Result>): Promise<Result> {
    try {
      if (!may(actor.role, permission)) throw new AdminRoleTooLow(actor.role, 'do this')
      if (isChange) requireAudit(app)
      if (userId === undefined || (!isChange && actor.tenantId === undefined)) return await run()
      // By the user, since a login of theirs has an id, too.
      const user = await operations.core.findUser(userId)
      // To others, there is nobody of this id.
      if (!administers(actor, user?.loginMethods.flatMap(({ tenantIds }) => tenantIds) ?? [])) throw new UserUnknown()
      // What is left of somebody who was deleted before can be deleted.
      if (!isChange || user === undefined) return await run()
      await requireTarget(actor, user)
      return isUnlock && !may(actor.role, 'unlock-often') ? await unlocking(user, run) : await run()
    } catch (err) {
      const { statusCode = 500 } = err as { statusCode?: number }
      if (statusCode < 500) publishAudit(app, { type: 'admin.refused', actor: actor.by, ...(isPlainId(userId) && { userId }), reason: `${permission}: ${textOf(err, 'code') ?? 'refused'}` }, actor.request)
      throw err
    }
  }
}

export type Gate = ReturnType<typeof createGate>
