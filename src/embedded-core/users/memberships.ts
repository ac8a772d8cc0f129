import type { Storage } from '../storage/storage.js'
import type { Tenant } from '../tenants/apps.js'
import { addToTenant, findLogin, findMethod, findUsersBy, hasAccount, type AccountInfo, type LoginMethod, type User } from './accounts.js'
import { externalIdOf, internalIdOf, recipesUsing } from './user-ids.js'

const CONFLICTS = {
  email: ['EMAIL_ALREADY_EXISTS_ERROR', 'email'],
  phone: ['PHONE_NUMBER_ALREADY_EXISTS_ERROR', 'phone number'],
  provider: ['THIRD_PARTY_USER_ALREADY_EXISTS_ERROR', 'third party info']
} as const
const KINDS = ['email', 'phone', 'provider'] as const

/** Adds a login method to a tenant. `givenId` is the Core's own id or the external one. */
export function associate ({ db, id: tenantId }: Tenant, givenId: string): object {
  return db.transaction(() => {
    const userId = internalIdOf(db, givenId)
    const login = userId === undefined ? undefined : findLogin(db, userId)
    if (login === undefined) return { status: 'UNKNOWN_USER_ID_ERROR' }
    return conflictIn(db, tenantId, login.user, login.method) ?? { status: 'OK', wasAlreadyAssociated: !addToTenant(db, login.method.userId, tenantId) }
  })
}

/** Also removes what the id has in that tenant: sessions, roles, tokens. Takes any id that has something there. */
export function disassociate ({ db, id: tenantId, now }: Tenant, givenId: string): object {
  return db.transaction(() => {
    const userId = internalIdOf(db, givenId)
    if (userId === undefined && recipesUsing(db, givenId, now()).length === 0) return { status: 'UNKNOWN_USER_ID_ERROR' }
    const own = userId ?? givenId
    let changes = db.run('DELETE FROM user_tenants WHERE user_id = ? AND tenant_id = ?', own, tenantId)
    for (const table of ['sessions', 'user_roles', 'verification_tokens', 'totp_attempts']) {
      changes += db.run(`DELETE FROM ${table} WHERE user_id = ? AND tenant_id = ?`, externalIdOf(db, own) ?? own, tenantId)
    }
    return { status: 'OK', wasAssociated: changes > 0 }
  })
}

function conflictIn (db: Storage, tenantId: string, user: User, method: LoginMethod): object | undefined {
  if (user.isPrimary) {
    // All emails first, then all phone numbers, then all provider users, whichever login methods have them.
    const accounts = user.methods.flatMap(accountsOf)
    for (const kind of KINDS) {
      for (const [, account] of accounts.filter(([one]) => one === kind)) {
        const refusal = personalConflict(db, tenantId, user, kind, account)
        if (refusal !== undefined) return refusal
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

/** Of an email, only another primary user can be in the way. What else is in the tenant is free for one user only. */
function personalConflict (db: Storage, tenantId: string, user: User, kind: keyof typeof CONFLICTS, account: AccountInfo): object | undefined {
  const inTenant = (method: LoginMethod) => method.tenantIds.includes(tenantId)
  const other = findUsersBy(db, account).find((one) => one.id !== user.id && (one.isPrimary || kind !== 'email') && one.methods.some(inTenant))
  if (other === undefined) return undefined
  const recipes = user.methods.filter((own) => hasAccount(own, account)).map((own) => own.recipe)
  const sameRecipe = other.methods.some((one) => inTenant(one) && hasAccount(one, account) && recipes.includes(one.recipe))
  const [status, label] = CONFLICTS[kind]
  return sameRecipe ? { status } : { status: 'ASSOCIATION_NOT_ALLOWED_ERROR', reason: `Another primary user with ${label} already exists: ${other.id}` }
}

function accountsOf ({ email, phone, provider, providerUserId }: LoginMethod): Array<[keyof typeof CONFLICTS, AccountInfo]> {
  const accounts: Array<[keyof typeof CONFLICTS, AccountInfo]> = []
  if (email !== null) accounts.push(['email', { email }])
  if (phone !== null) accounts.push(['phone', { phone }])
  if (provider !== null && providerUserId !== null) accounts.push(['provider', { provider, providerUserId }])
  return accounts
}
