import { writeJson, type JsonObject } from '../input/json.js'
import { parseJson } from '../input/parse-json.js'
import { deriveKeys } from '../storage/key-ring.js'
import { ownerOf } from '../storage/owners.js'
import { openSnapshot, type Storage } from '../storage/storage.js'
import { readSealing, type Vault } from '../storage/vault.js'
import { devicesOf } from '../totp/devices.js'
import { findUser, passwordHashOf, publicId, type LoginMethod, type RecipeId, type User } from '../users/accounts.js'
import { readMetadata } from '../users/metadata.js'
import { internalIdOf } from '../users/user-ids.js'
import { leftOut, type Carried } from './export-left-out.js'

/** A user in the real Core's bulk-import format. */
export interface ImportableUser {
  externalUserId?: string
  userMetadata?: JsonObject
  userRoles?: Array<{ role: string, tenantIds: string[] }>
  totpDevices?: Array<{ secretKey: string, period: number, skew: number, deviceName: string }>
  loginMethods: ImportableMethod[]
}

export interface ImportableMethod {
  recipeId: RecipeId
  tenantIds: string[]
  isVerified: boolean
  isPrimary?: true
  timeJoinedInMSSinceEpoch: number
  email?: string
  phoneNumber?: string
  thirdPartyId?: string
  thirdPartyUserId?: string
  passwordHash?: string
  hashingAlgorithm?: 'bcrypt' | 'argon2' | 'firebase_scrypt'
}

/** The first line of an export: the roles and tenants that must exist before the users are imported. */
export interface ExportHeader {
  'fastify-2fa': {
    format: 1
    /** The number of lines that follow. Shows whether a file was cut off. */
    users: number
    roles: Array<{ role: string, permissions: string[] }>
    tenants: ExportedTenant[]
  }
}

export interface ExportedTenant {
  tenantId: string
  /** null allows all. */
  firstFactors: string[] | null
  requiredSecondaryFactors: string[] | null
  thirdPartyProviders: JsonObject[]
  coreConfig: JsonObject
}

export interface ExportSummary {
  users: number
  /** How often each kind of data did not fit the format. Keys are descriptions for a person. */
  leftOut: Record<string, number>
}

export interface ExportOptions {
  /** As for `createEmbeddedCore`. Without it, a file with encrypted secrets is refused. @default none */
  secretKey?: string | string[] | undefined
}

const PAGE = 1000

/**
 * Writes all users in an embedded Core's file as lines of JSON: a header, then one user per line, from one consistent
 * snapshot. The file must not be in use. The lines contain password hashes and authenticator secrets: keep them safe.
 *
 * Every user's id becomes its external id, so that it stays the same after the import. Sessions, metadata, roles and
 * `passwordlessUserId` refer to it.
 *
 * @throws CORE_FILE_IN_USE, CORE_FILE_UNUSABLE, CORE_FILE_TOO_NEW, CORE_FILE_TOO_OLD, CORE_SECRET_KEY_REQUIRED,
 * CORE_SECRET_KEY_WRONG
 */
export function exportUsers (file: string, write: (line: string) => void, { secretKey }: ExportOptions = {}): ExportSummary {
  const ring = deriveKeys(secretKey)
  const snapshot = openSnapshot(file)
  try {
    const { vault, personal } = readSealing(snapshot, ring, file)
    const db = { ...snapshot, personal }
    const { count } = db.get<{ count: number }>('SELECT count(DISTINCT primary_id) AS count FROM user_tenants') as { count: number }
    const header: ExportHeader = { 'fastify-2fa': { format: 1, users: count, roles: rolesOf(db), tenants: tenantsOf(db) } }
    write(writeJson(header))
    const carried: Carried = { metadata: 0, roles: 0, devices: 0, methods: 0 }
    for (const id of userIds(db)) write(writeJson(exportUser({ db, vault }, findUser(db, id) as User, carried)))
    return { users: count, leftOut: leftOut(db, carried) }
  } finally {
    snapshot.close()
  }
}

/** Users with a phone come first, so that they are in the new Core before the accounts that point to them. */
function * userIds (db: Storage): Generator<string> {
  for (const withPhone of [1, 0]) {
    let page: Array<{ primary_id: string }> = []
    do {
      const last = page.at(-1)?.primary_id ?? ''
      page = db.all(`SELECT DISTINCT primary_id FROM users u
        WHERE primary_id > ? AND EXISTS (SELECT 1 FROM user_tenants t WHERE t.user_id = u.user_id)
          AND EXISTS (SELECT 1 FROM users p WHERE p.primary_id = u.primary_id AND p.phone IS NOT NULL) = ?
        ORDER BY primary_id LIMIT ?`, last, withPhone, PAGE)
      for (const row of page) yield row.primary_id
    } while (page.length === PAGE)
  }
}

function rolesOf (db: Storage): ExportHeader['fastify-2fa']['roles'] {
  return db.all<{ role: string, permissions: string }>(`SELECT role,
    (SELECT json_group_array(permission) FROM role_permissions p WHERE p.role = r.role) AS permissions FROM roles r ORDER BY role`)
    .map(({ role, permissions }) => ({ role, permissions: JSON.parse(permissions) }))
}

function tenantsOf (db: Storage): ExportedTenant[] {
  return db.all<Record<string, string | null>>('SELECT * FROM tenants ORDER BY tenant_id').map((row) => ({
    tenantId: row.tenant_id as string,
    firstFactors: JSON.parse(row.first_factors ?? 'null'),
    requiredSecondaryFactors: JSON.parse(row.secondary_factors ?? 'null'),
    thirdPartyProviders: parseJson(db.personal.open(row.providers as string, ownerOf.providers(row.tenant_id as string))) as JsonObject[],
    coreConfig: JSON.parse(row.core_config as string)
  }))
}

function exportUser ({ db, vault }: { db: Storage, vault: Vault }, user: User, carried: Carried): ImportableUser {
  const id = publicId(user)
  const methods = user.methods.filter((method) => method.tenantIds.length > 0)
  const tenantIds = new Set(['public', ...methods.flatMap((method) => method.tenantIds)])
  const metadata = exportMetadata(db, id)
  const roles = db.all<{ role: string, tenant_id: string }>('SELECT role, tenant_id FROM user_roles WHERE user_id = ? ORDER BY role, tenant_id', id)
    .filter((one) => tenantIds.has(one.tenant_id))
  // The import marks every device as verified. An exported unverified device would therefore become a second factor.
  const devices = devicesOf({ db, vault }, id).filter((device) => device.verified)

  carried.methods += methods.length
  carried.metadata += metadata === undefined ? 0 : 1
  carried.roles += roles.length
  carried.devices += devices.length
  return {
    externalUserId: id,
    ...(metadata !== undefined && { userMetadata: metadata }),
    ...(roles.length > 0 && {
      userRoles: [...new Set(roles.map(({ role }) => role))].map((role) => ({ role, tenantIds: roles.filter((one) => one.role === role).map((one) => one.tenant_id) }))
    }),
    ...(devices.length > 0 && { totpDevices: devices.map(({ name, secret, period, skew }) => ({ secretKey: secret, period, skew, deviceName: name })) }),
    loginMethods: exportMethods(db, user, methods)
  }
}

/** `passwordlessUserId` may hold any id of the phone's user. After the import that user has only its external id. */
function exportMetadata (db: Storage, id: string): JsonObject | undefined {
  const metadata = readMetadata(db, id)
  const pinned = metadata?.passwordlessUserId
  if (typeof pinned !== 'string') return metadata
  const phone = findUser(db, internalIdOf(db, pinned) ?? '')
  // Keep an id without a user. It locks the account; without it, a thief of the password could enrol a phone.
  return phone === undefined ? metadata : { ...metadata, passwordlessUserId: publicId(phone) }
}

function exportMethods (db: Storage, user: User, methods: LoginMethod[]): ImportableMethod[] {
  // The login method that gave the user its id may have been deleted. Then the oldest becomes the primary one.
  const first = methods.find((method) => method.userId === user.id) ?? methods[0]
  return methods.map((method) => ({
    recipeId: method.recipe,
    tenantIds: method.tenantIds,
    isVerified: method.verified,
    ...(user.isPrimary && method === first && { isPrimary: true as const }),
    timeJoinedInMSSinceEpoch: method.timeJoined,
    ...(method.email !== null && { email: method.email }),
    ...(method.phone !== null && { phoneNumber: method.phone }),
    ...(method.provider !== null && method.providerUserId !== null && { thirdPartyId: method.provider, thirdPartyUserId: method.providerUserId }),
    ...hashOf(db, method)
  }))
}

function hashOf (db: Storage, method: LoginMethod): Pick<ImportableMethod, 'passwordHash' | 'hashingAlgorithm'> {
  const passwordHash = passwordHashOf(db, method)
  return passwordHash === null ? {} : { passwordHash, hashingAlgorithm: algorithmOf(passwordHash) }
}

/** A file holds no other kinds of hashes. */
function algorithmOf (hash: string): 'bcrypt' | 'argon2' | 'firebase_scrypt' {
  if (hash.startsWith('$2')) return 'bcrypt'
  return hash.startsWith('$argon2') ? 'argon2' : 'firebase_scrypt'
}
