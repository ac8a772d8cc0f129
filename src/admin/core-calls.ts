import type { Core, CoreUser, Json } from '../account/core-client.js'
import type { Metadata } from '../second-factor/records.js'

/*
 * What administration asks of a Core, beside what operators' functions ask (`src/account/core-client.ts`). Each is a call of the
 * Core Driver Interface, so a SuperTokens Core and an embedded one answer alike.
 */

/** Who has a first factor is a person. The user of a phone or of an address that gets codes is none. */
export const FIRST_FACTORS: readonly string[] = ['emailpassword', 'thirdparty']

/** The most users of a page of the Core, and of one call for their metadata. */
export const MOST_IN_PAGE = 500
/** Calls at a time where something is asked of many: a Core serves people meanwhile. */
const AT_ONCE = 8

export type Order = 'newest' | 'oldest'
export interface UserPage { users: CoreUser[], next: string | undefined }

const query = (values: Record<string, string | undefined>): string =>
  new URLSearchParams(Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString()

const at = (tenantId: string, path: string): string => `/${encodeURIComponent(tenantId)}${path}`
const orderOf = (order: Order): string => order === 'newest' ? 'DESC' : 'ASC'

/** Works on many, some at a time, and keeps their order. */
export async function eachOf<One, Result> (ones: readonly One[], work: (one: One) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < ones.length; from += AT_ONCE) results.push(...await Promise.all(ones.slice(from, from + AT_ONCE).map(work)))
  return results
}

export async function tenantsOf (core: Core): Promise<string[]> {
  const { tenants } = await core.ask('GET', '/recipe/multitenancy/tenant/list/v2')
  return (tenants as Array<{ tenantId: string }>).map(({ tenantId }) => tenantId)
}

/** A page of a tenant's people. The Core's token names the first user of the next page, so users who join move nobody. */
export async function pageOfPeople (core: Core, tenantId: string, { order, limit, from }: { order: Order, limit: number, from?: string | undefined }): Promise<UserPage> {
  const { users, nextPaginationToken } = await core.ask('GET', at(tenantId, `/users?${query({
    limit: String(limit), timeJoinedOrder: orderOf(order), includeRecipeIds: FIRST_FACTORS.join(','), paginationToken: from
  })}`))
  return { users: users as CoreUser[], next: nextPaginationToken as string | undefined }
}

/** All of a tenant's people, page by page. */
export async function * peopleOf (core: Core, tenantId: string): AsyncGenerator<CoreUser[]> {
  let from: string | undefined
  do {
    const { users, next } = await pageOfPeople(core, tenantId, { order: 'oldest', limit: MOST_IN_PAGE, from })
    yield users
    from = next
  } while (from !== undefined)
}

/** The most that the Core finds. */
export const MOST_FOUND = 1000

/** Users by the beginning of an address, of its domain, or of a number: {@link MOST_FOUND} at most. */
export async function searchUsers (core: Core, tenantId: string, by: { email: string } | { phone: string }, order: Order): Promise<CoreUser[]> {
  const { users } = await core.ask('GET', at(tenantId, `/users?${query({ ...by, timeJoinedOrder: orderOf(order), limit: String(MOST_FOUND) })}`))
  return users as CoreUser[]
}

/** Whoever has exactly this address or number. */
export async function usersWith (core: Core, tenantId: string, by: { email: string } | { phoneNumber: string }): Promise<CoreUser[]> {
  const { users } = await core.ask('GET', at(tenantId, `/users/by-accountinfo?${query({ ...by, doUnionOfAccountInfo: 'false' })}`))
  return users as CoreUser[]
}

/** Counts people; without a tenant, those of all. */
export async function countPeople (core: Core, tenantId?: string): Promise<number> {
  const { count } = await core.ask('GET', at(tenantId ?? 'public', `/users/count?${query({
    includeRecipeIds: FIRST_FACTORS.join(','), includeAllTenants: tenantId === undefined ? 'true' : undefined
  })}`))
  return count as number
}

/** Users who were active since, the users of phones among them: a code that is answered makes one active. */
export async function countActive (core: Core, since: number): Promise<number> {
  const { count } = await core.ask('GET', `/users/count/active?${query({ since: String(since) })}`)
  return count as number
}

/** The metadata of many users, in their order. One call where the Core has one for it. */
export async function metadataOf (core: Core, userIds: readonly string[]): Promise<Metadata[]> {
  if (userIds.length === 0) return []
  const found = await core.ask('POST', '/recipe/user/metadata/bulk', { userIds }).catch((err: unknown) => {
    if (err instanceof Error && 'status' in err && (err.status === 404 || err.status === 405)) return undefined
    throw err
  })
  if (found === undefined) return await eachOf(userIds, (userId) => core.metadata(userId))
  const byId = new Map((found.users as Array<{ userId: string, metadata: Metadata | null }>).map(({ userId, metadata }) => [userId, metadata ?? {}]))
  return userIds.map((userId) => byId.get(userId) ?? {})
}

/** A session as the Core keeps it. Times in milliseconds since 1970. */
export interface CoreSession {
  sessionHandle: string
  userId: string
  tenantId: string
  timeCreated: number
  expiry: number
  userDataInDatabase: Json
  userDataInJWT: Json
}

export async function sessionOf (core: Core, sessionHandle: string): Promise<CoreSession | undefined> {
  const session = await core.ask('GET', `/recipe/session?${query({ sessionHandle })}`)
  return session.status === 'OK' ? session as unknown as CoreSession : undefined
}

export async function rolesIn (core: Core, tenantId: string, userId: string): Promise<string[]> {
  const { roles } = await core.ask('GET', at(tenantId, `/recipe/user/roles?${query({ userId })}`))
  return roles as string[]
}

/** @returns `unknown` where there is no such role, else whether that changed anything */
export async function giveRole (core: Core, tenantId: string, userId: string, role: string): Promise<boolean | 'unknown'> {
  const { status, didUserAlreadyHaveRole } = await core.ask('PUT', at(tenantId, '/recipe/user/role'), { userId, role })
  return status === 'OK' ? didUserAlreadyHaveRole === false : 'unknown'
}

/** @returns as {@link giveRole} does */
export async function takeRole (core: Core, tenantId: string, userId: string, role: string): Promise<boolean | 'unknown'> {
  const { status, didUserHaveRole } = await core.ask('POST', at(tenantId, '/recipe/user/role/remove'), { userId, role })
  return status === 'OK' ? didUserHaveRole === true : 'unknown'
}

export async function createRole (core: Core, role: string): Promise<void> {
  await core.ask('PUT', '/recipe/role', { role, permissions: [] })
}

/** Ends codes on their way to an address or a number, which the Core keeps with them. */
export async function dropCodes (core: Core, tenantId: string, to: { email: string } | { phoneNumber: string }): Promise<void> {
  await core.ask('POST', at(tenantId, '/recipe/signinup/codes/remove'), to)
}

/** Deletes a user with all login methods, and what the Core keeps of it: sessions, metadata, roles, TOTP devices. */
export async function removeUser (core: Core, userId: string): Promise<void> {
  await core.ask('POST', '/user/remove', { userId, removeAllLinkedAccounts: true })
}

export async function removeMetadata (core: Core, userId: string): Promise<void> {
  await core.ask('POST', '/recipe/user/metadata/remove', { userId })
}

/** Names of authenticator apps that SuperTokens' own TOTP recipe keeps. */
export async function totpDeviceNames (core: Core, userId: string): Promise<string[]> {
  const { devices } = await core.ask('GET', `/recipe/totp/device/list?${query({ userId })}`)
  return (devices as Array<{ name: string }> | undefined ?? []).map(({ name }) => name)
}
