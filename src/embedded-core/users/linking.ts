import type { Storage } from '../storage/storage.js'
import { findLogin, findUsersBy, publicId, refreshPrimaryTime, setPrimary, tenantIdsOf, type LoginMethod, type User } from './accounts.js'
import { deleteLinkedMethod } from './deletion.js'
import { externalIdOf } from './user-ids.js'

type Account = Pick<LoginMethod, 'email' | 'phone' | 'provider' | 'providerUserId'>

export interface Holder { userId: string, what: 'email' | 'phone number' | 'third party login' }

/**
 * The other primary user that has this email, phone number or provider user in one of the tenants. Within a tenant,
 * each may belong to one primary user only.
 */
function otherPrimaryHolder (db: Storage, account: Partial<Account>, tenantIds: string[], ownId: string): Holder | undefined {
  const { email, phone, provider, providerUserId } = account
  const searches: Array<[Holder['what'], () => User[]]> = []
  if (email != null) searches.push(['email', () => findUsersBy(db, { email })])
  if (phone != null) searches.push(['phone number', () => findUsersBy(db, { phone })])
  if (provider != null && providerUserId != null) searches.push(['third party login', () => findUsersBy(db, { provider, providerUserId })])
  for (const [what, search] of searches) {
    const holder = search().find((user) => user.isPrimary && user.id !== ownId && tenantIdsOf(user).some((id) => tenantIds.includes(id)))
    if (holder !== undefined) return { userId: holder.id, what }
  }
  return undefined
}

/** Whether a user may take this email or phone number. A primary user may not take that of another primary user. */
export function mayTake (db: Storage, user: User, account: Partial<Account>): boolean {
  return !user.isPrimary || otherPrimaryHolder(db, account, tenantIdsOf(user), user.id) === undefined
}

type Refused = { status: string, primaryUserId?: string, description?: string }

function taken (db: Storage, holder: Holder): Refused {
  return {
    status: 'ACCOUNT_INFO_ALREADY_ASSOCIATED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR',
    primaryUserId: externalIdOf(db, holder.userId) ?? holder.userId,
    description: `This user's ${holder.what} is already associated with another user ID`
  }
}

/** Why a login method cannot become a primary user; undefined if it can, or already is one. */
export function checkPrimary (db: Storage, userId: string, user: User): Refused | undefined {
  if (user.isPrimary) {
    return user.id === userId
      ? undefined
      : {
          status: 'RECIPE_USER_ID_ALREADY_LINKED_WITH_PRIMARY_USER_ID_ERROR',
          primaryUserId: publicId(user),
          description: 'This user ID is already linked to another user ID'
        }
  }
  const holder = otherPrimaryHolder(db, user.methods[0] as LoginMethod, tenantIdsOf(user), user.id)
  return holder && taken(db, holder)
}

/** Why two users cannot be linked; undefined if they can, or already are. */
export function checkLink (db: Storage, recipeUser: User, primaryUser: User): Refused | undefined {
  if (!primaryUser.isPrimary) return { status: 'INPUT_USER_IS_NOT_A_PRIMARY_USER' }
  if (recipeUser.isPrimary) {
    return recipeUser.id === primaryUser.id
      ? undefined
      : {
          status: 'RECIPE_USER_ID_ALREADY_LINKED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR',
          primaryUserId: publicId(recipeUser),
          description: 'The input recipe user ID is already linked to another user ID'
        }
  }
  // The linked user will be in the tenants of both, so everything that either brings must be free in all of them.
  const tenantIds = [...tenantIdsOf(recipeUser), ...tenantIdsOf(primaryUser)]
  for (const method of [...recipeUser.methods, ...primaryUser.methods]) {
    const holder = otherPrimaryHolder(db, method, tenantIds, primaryUser.id)
    if (holder !== undefined) return taken(db, holder)
  }
  return undefined
}

export function makePrimary (db: Storage, userId: string): void {
  db.run('UPDATE users SET is_primary = 1 WHERE user_id = ?', userId)
}

export function link (db: Storage, recipeUserId: string, primaryId: string): void {
  const { method } = findLogin(db, recipeUserId) as { method: LoginMethod }
  setPrimary(db, method, primaryId, true)
  refreshPrimaryTime(db, primaryId)
}

/**
 * Takes a login method out of its primary user. Returns whether the method was deleted. That happens to the method
 * that gave the primary user its id while others are linked: the id stays with the person and must not also be that
 * of the method.
 */
export function unlink (db: Storage, user: User, method: LoginMethod): boolean {
  if (method.userId === user.id && user.methods.length > 1) {
    deleteLinkedMethod(db, user, method)
    return true
  }
  setPrimary(db, method, method.userId, false)
  for (const id of [method.userId, user.id]) refreshPrimaryTime(db, id)
  return false
}
