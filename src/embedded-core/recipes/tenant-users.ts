import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { addToTenant, findMethod, findUser, findUsersBy, type AccountInfo, type LoginMethod, type User } from '../users/accounts.js'
import { notEmpty } from '../http/input.js'
import type { Storage } from '../storage/storage.js'
import { answer, type Call } from '../http/transport.js'
import { externalIdOf, internalIdOf, recipesUsing } from '../users/user-ids.js'

/** Which users belong to which tenant. */
export async function tenantUsers (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/multitenancy/tenant/user', answer(associate))
  fastify.post('/recipe/multitenancy/tenant/user/remove', answer(disassociate))
}

const CONFLICTS = {
  email: ['EMAIL_ALREADY_EXISTS_ERROR', 'email'],
  phone: ['PHONE_NUMBER_ALREADY_EXISTS_ERROR', 'phone number'],
  provider: ['THIRD_PARTY_USER_ALREADY_EXISTS_ERROR', 'third party info']
} as const

function accountsOf ({ email, phone, provider, providerUserId }: LoginMethod): Array<[keyof typeof CONFLICTS, AccountInfo]> {
  const accounts: Array<[keyof typeof CONFLICTS, AccountInfo]> = []
  if (email !== null) accounts.push(['email', { email }])
  if (phone !== null) accounts.push(['phone', { phone }])
  if (provider !== null && providerUserId !== null) accounts.push(['provider', { provider, providerUserId }])
  return accounts
}

/** The login that an id means, its own or its external one, and the user it belongs to. */
function findLogin (db: Storage, given: string): { user: User, method: LoginMethod } | undefined {
  const userId = internalIdOf(db, given)
  const user = userId === undefined ? undefined : findUser(db, userId)
  const method = user?.methods.find((candidate) => candidate.userId === userId)
  return user === undefined || method === undefined ? undefined : { user, method }
}

function associate (call: Call): object {
  const given = notEmpty(call.body.string('recipeUserId'), 'userId')
  const { db, id } = call.tenant()
  return db.transaction(() => {
    const found = findLogin(db, given)
    if (found === undefined) return { status: 'UNKNOWN_USER_ID_ERROR' }
    const { user, method } = found
    return conflictIn(db, id, user, method) ?? { status: 'OK', wasAlreadyAssociated: !addToTenant(db, method.userId, id) }
  })
}

function conflictIn (db: Storage, tenantId: string, user: User, method: LoginMethod): object | undefined {
  if (user.isPrimary) {
    for (const own of user.methods) {
      for (const [kind, account] of accountsOf(own)) {
        const other = findUsersBy(db, account).find((one) => one.id !== user.id && one.isPrimary && one.methods.some(({ tenantIds }) => tenantIds.includes(tenantId)))
        if (other === undefined) continue
        const sameRecipe = other.methods.some((one) => one.recipe === own.recipe && one.tenantIds.includes(tenantId) &&
          accountsOf(one).some(([, theirs]) => isDeepStrictEqual(theirs, account)))
        const [status, label] = CONFLICTS[kind]
        return sameRecipe ? { status } : { status: 'ASSOCIATION_NOT_ALLOWED_ERROR', reason: `Another primary user with ${label} already exists: ${other.id}` }
      }
    }
  }
  for (const [kind, account] of accountsOf(method)) {
    if (kind === 'email' && method.recipe === 'thirdparty') continue
    const holder = findMethod(db, method.recipe, tenantId, account)
    if (holder !== undefined && holder !== method.userId) return { status: CONFLICTS[kind][0] }
  }
  return undefined
}

/** Also takes away what the id has in that tenant: sessions, roles, tokens. Any id that has something will do. */
function disassociate (call: Call): object {
  const given = notEmpty(call.body.string('recipeUserId'), 'userId')
  const { db, id, now } = call.tenant()
  return db.transaction(() => {
    const userId = internalIdOf(db, given)
    if (userId === undefined && recipesUsing(db, given, now()).length === 0) return { status: 'UNKNOWN_USER_ID_ERROR' }
    const own = userId ?? given
    let changes = db.run('DELETE FROM user_tenants WHERE user_id = ? AND tenant_id = ?', own, id)
    for (const table of ['sessions', 'user_roles', 'verification_tokens', 'totp_attempts']) {
      changes += db.run(`DELETE FROM ${table} WHERE user_id = ? AND tenant_id = ?`, externalIdOf(db, own) ?? own, id)
    }
    return { status: 'OK', wasAssociated: changes > 0 }
  })
}
