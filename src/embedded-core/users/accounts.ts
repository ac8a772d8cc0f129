import { randomUUID } from 'node:crypto'
import { ownerOf } from '../storage/owners.js'
import type { Stored } from '../storage/personal.js'
import type { Storage, Value } from '../storage/storage.js'
import { boundId, primaryIdOf } from './user-ids.js'

export type RecipeId = 'emailpassword' | 'thirdparty' | 'passwordless'

/** One way to sign in. The protocol calls it a recipe user. */
export interface LoginMethod {
  userId: string
  externalId: string | null
  recipe: RecipeId
  tenantIds: string[]
  verified: boolean
  timeJoined: number
  email: string | null
  phone: string | null
  provider: string | null
  providerUserId: string | null
  /** As it is stored: read it with `passwordHashOf`. */
  storedHash: string | null
}

/** A person: a primary user with the methods linked to it, or a single method on its own. */
export interface User {
  id: string
  externalId: string | null
  isPrimary: boolean
  methods: LoginMethod[]
}

export interface NewMethod {
  recipe: RecipeId
  timeJoined: number
  email?: string | null
  phone?: string | null
  provider?: string
  providerUserId?: string
  passwordHash?: string
}

interface MethodRow extends Stored<'email' | 'phone' | 'provider_user_id'> {
  user_id: string,
  primary_id: string,
  is_primary: number,
  recipe: RecipeId,
  time_joined: number,
  provider: string | null,
  password_hash: string | null,
  external_id: string | null,
  info: string | null,
  primary_external_id: string | null,
  primary_info: string | null,
  tenants: string,
  verified: number
}

// Verification is stored under the external id where there is one. A login by phone number alone always counts as
// verified: it exists only because a code that was sent to the number came back.
const METHOD = `u.*, x.external_id, x.info, p.external_id AS primary_external_id, p.info AS primary_info,
  u.email IS NULL OR EXISTS (SELECT 1 FROM verified_emails v WHERE v.user_id = coalesce(x.external_id, u.user_id) AND v.email = u.email) AS verified`
const IDS = 'LEFT JOIN user_ids x ON x.user_id = u.user_id LEFT JOIN user_ids p ON p.user_id = u.primary_id'

// CROSS JOIN fixes the join order, from `wanted` to `users`, whatever SQLite's statistics suggest.
const METHODS_OF = `
  SELECT ${METHOD}, (SELECT json_group_array(t.tenant_id) FROM user_tenants t WHERE t.user_id = u.user_id) AS tenants
  FROM json_each(?) wanted CROSS JOIN users u ON u.primary_id = wanted.value ${IDS} ORDER BY u.time_joined, u.rowid`

const METHODS_AT = `
  SELECT ${METHOD}, (SELECT json_group_array(t.tenant_id) FROM user_tenants t INDEXED BY user_tenants_person
    WHERE t.primary_time = u.time_joined AND t.primary_id = u.primary_id AND t.user_id = u.user_id) AS tenants
  FROM json_each(?) wanted CROSS JOIN users u INDEXED BY users_alone
    ON u.time_joined = wanted.value ->> 'primary_time' AND u.primary_id = wanted.value ->> 'primary_id' AND u.is_primary = 0 ${IDS}`

/** The user with this id: the Core's own id of a primary user or of a login method. */
export function findUser (db: Storage, userId: string): User | undefined {
  return loadUsers(db, [primaryIdOf(db, userId)])[0]
}

/** The login method with this id (the Core's own), and the user it belongs to. */
export function findLogin (db: Storage, userId: string): { user: User, method: LoginMethod } | undefined {
  const user = findUser(db, userId)
  const method = user?.methods.find((candidate) => candidate.userId === userId)
  return user === undefined || method === undefined ? undefined : { user, method }
}

/** Users by primary id, in the order given, without unknown ids. One statement, whatever the number of ids. */
function loadUsers (db: Storage, primaryIds: string[]): User[] {
  const users = usersOf(db, db.all<MethodRow>(METHODS_OF, JSON.stringify(primaryIds)))
  return primaryIds.flatMap((id) => users.get(id) ?? [])
}

/** A position in a list of users, which is sorted by the time at which the person joined. */
export interface ListEntry { primary_id: string, primary_time: number }

/**
 * Users by list entry, in the order given. The time in the entry finds users with a single login method through an
 * index in which neighbours of the list are neighbours too.
 */
export function loadEntries (db: Storage, entries: ListEntry[]): User[] {
  const alone = usersOf(db, db.all<MethodRow>(METHODS_AT, JSON.stringify(entries)))
  const others = entries.flatMap(({ primary_id: id }) => alone.has(id) ? [] : [id])
  const linked = new Map(others.length === 0 ? [] : loadUsers(db, others).map((user) => [user.id, user]))
  return entries.flatMap(({ primary_id: id }) => alone.get(id) ?? linked.get(id) ?? [])
}

function usersOf (db: Storage, rows: MethodRow[]): Map<string, User> {
  const users = new Map<string, User>()
  for (const row of rows) {
    const user = users.get(row.primary_id) ?? { id: row.primary_id, externalId: boundId(db, row.primary_id, row.primary_external_id, row.primary_info), isPrimary: row.is_primary === 1, methods: [] }
    users.set(row.primary_id, user)
    user.methods.push(methodOf(db, row))
  }
  return users
}

function methodOf (db: Storage, row: MethodRow): LoginMethod {
  const { email, phone, provider_user_id: providerUserId } = db.personal.read<'email' | 'phone' | 'provider_user_id'>(row, ownerOf.user(row.user_id, row.primary_id))
  return {
    userId: row.user_id,
    externalId: boundId(db, row.user_id, row.external_id, row.info),
    recipe: row.recipe,
    tenantIds: JSON.parse(row.tenants),
    verified: row.verified === 1,
    timeJoined: row.time_joined,
    email,
    phone,
    provider: row.provider,
    providerUserId,
    storedHash: row.password_hash
  }
}

export interface AccountInfo { email?: string | undefined, phone?: string | undefined, provider?: string | undefined, providerUserId?: string | undefined }

/** Users with a login method of this email, phone number or provider user, in one tenant or in any. Oldest first. */
export function findUsersBy (db: Storage, info: AccountInfo, tenantId?: string): User[] {
  const [condition, ...values] = conditionFor(db, info)
  const rows = tenantId === undefined
    ? db.all<{ primary_id: string }>(`SELECT DISTINCT primary_id FROM users u WHERE ${condition}`, ...values)
    : db.all<{ primary_id: string }>(
      `SELECT DISTINCT u.primary_id FROM users u CROSS JOIN user_tenants t ON t.user_id = u.user_id WHERE ${condition} AND t.tenant_id = ?`, ...values, tenantId)
  return loadUsers(db, rows.map((row) => row.primary_id)).sort((a, b) => timeJoined(a) - timeJoined(b))
}

/** Users with any of these accounts, or with all of them, whichever of their login methods has each. Oldest first. */
export function findUsersWith (db: Storage, tenantId: string, accounts: AccountInfo[], match: 'any' | 'all'): User[] {
  const found = new Map<string, User>()
  for (const account of accounts) for (const user of findUsersBy(db, account, tenantId)) found.set(user.id, user)
  const fits = (user: User) => match === 'any' || accounts.every((account) => user.methods.some((method) => hasAccount(method, account)))
  return [...found.values()].filter(fits).sort((a, b) => timeJoined(a) - timeJoined(b))
}

/** Whether this one login method has the email, phone number or provider user: another of its user's may have it. */
export function hasAccount (method: LoginMethod, account: AccountInfo): boolean {
  return Object.entries(account).every(([name, value]) => method[name as keyof AccountInfo] === value)
}

// CROSS JOIN in the queries with this condition fixes the join order. SQLite would otherwise walk through all users
// of the tenant instead of looking up one email.
function conditionFor ({ personal }: Storage, { email, phone, provider, providerUserId }: AccountInfo): [string, ...Value[]] {
  if (email !== undefined) return ['u.email = ?', personal.index('email', email)]
  if (phone !== undefined) return ['u.phone = ?', personal.index('phone', phone)]
  return ['u.provider = ? AND u.provider_user_id = ?', provider as string, personal.index('provider_user_id', providerUserId as string)]
}

/**
 * The id of the one login method of a recipe with this email, phone number or provider user in this tenant. Sign-in
 * needs one; sign-up must not find one.
 */
export function findMethod (db: Storage, recipe: RecipeId, tenantId: string, info: AccountInfo): string | undefined {
  const [condition, ...values] = conditionFor(db, info)
  return db.get<{ user_id: string }>(
    `SELECT u.user_id FROM users u CROSS JOIN user_tenants t ON t.user_id = u.user_id WHERE ${condition} AND u.recipe = ? AND t.tenant_id = ?`,
    ...values, recipe, tenantId)?.user_id
}

/** Returns the new id. Call it inside a transaction that has checked for uniqueness. */
export function createMethod (db: Storage, tenantIds: string[], method: NewMethod, userId: string = randomUUID()): string {
  const { email, phone, provider_user_id: providerUserId, sealed } = contactsToStore(db, userId, userId, method)
  db.run(`INSERT INTO users (user_id, primary_id, recipe, time_joined, email, phone, provider, provider_user_id, sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, userId, userId, method.recipe, method.timeJoined, email, phone, method.provider ?? null, providerUserId, sealed)
  if (method.passwordHash !== undefined) setPasswordHash(db, userId, method.passwordHash)
  for (const tenantId of tenantIds) addToTenant(db, userId, tenantId)
  return userId
}

type Contacts = Pick<NewMethod, 'email' | 'phone'>

function contactsToStore ({ personal }: Storage, userId: string, primaryId: string, { email = null, phone = null, providerUserId = null }: Contacts & { providerUserId?: string | null }): Stored<'email' | 'phone' | 'provider_user_id'> {
  return personal.write({ email, phone, provider_user_id: providerUserId }, ownerOf.user(userId, primaryId))
}

/** Changes a login method's email, phone number or both. Call it inside a transaction that has checked for uniqueness. */
export function setContacts (db: Storage, method: LoginMethod, changes: Contacts): void {
  const { email, phone, sealed } = contactsToStore(db, method.userId, primaryIdOf(db, method.userId), { ...method, ...changes })
  db.run('UPDATE users SET email = ?, phone = ?, sealed = ? WHERE user_id = ?', email, phone, sealed, method.userId)
}

/** Links a login method to a primary user, or to none by its own id. */
export function setPrimary (db: Storage, method: LoginMethod, primaryId: string, isPrimary: boolean): void {
  const { sealed } = contactsToStore(db, method.userId, primaryId, method)
  db.run('UPDATE users SET is_primary = ?, primary_id = ?, sealed = ? WHERE user_id = ?', Number(isPrimary), primaryId, sealed, method.userId)
}

/** Does nothing to a user without a login method of this id. */
export function setPasswordHash (db: Storage, userId: string, hash: string): void {
  db.run('UPDATE users SET password_hash = ? WHERE user_id = ?', db.personal.seal(hash, ownerOf.password(userId)), userId)
}

export function passwordHashOf ({ personal }: Storage, { userId, storedHash }: LoginMethod): string | null {
  return storedHash === null ? null : personal.open(storedHash, ownerOf.password(userId))
}

/** Returns false if the user was already in the tenant. */
export function addToTenant (db: Storage, userId: string, tenantId: string): boolean {
  const added = db.run(`INSERT OR IGNORE INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe)
    SELECT ?, user_id, primary_id, time_joined, recipe FROM users WHERE user_id = ?`, tenantId, userId) === 1
  if (added) refreshPrimaryTime(db, primaryIdOf(db, userId))
  return added
}

/** Updates the sort key of user lists after a login method was linked to a primary user, unlinked or deleted. */
export function refreshPrimaryTime (db: Storage, primaryId: string): void {
  db.run(`UPDATE user_tenants SET primary_id = ?, primary_time = (SELECT min(time_joined) FROM users WHERE primary_id = ?)
    WHERE user_id IN (SELECT user_id FROM users WHERE primary_id = ?)`, primaryId, primaryId, primaryId)
}

export function timeJoined (user: User): number {
  return (user.methods[0] as LoginMethod).timeJoined
}

export function tenantIdsOf (user: User): string[] {
  return [...new Set(user.methods.flatMap((method) => method.tenantIds))]
}

export function publicId (one: { externalId: string | null } & ({ id: string } | { userId: string })): string {
  return one.externalId ?? ('id' in one ? one.id : one.userId)
}
