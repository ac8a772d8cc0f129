import { randomUUID } from 'node:crypto'
import { PUBLIC, type App } from './apps.js'
import type { RecipeId } from './accounts.js'
import { isObject, type Json, type JsonObject } from './input.js'
import { normaliseEmail, normalisePhone } from './normalise.js'
import { hashProblem, isHashAlgorithm } from './passwords.js'
import { roleExists } from './roles.js'

/** A user to import, checked and normalised; also the form in which one waits in the queue. */
export interface BulkUser {
  externalUserId?: string
  userMetadata?: JsonObject
  userRoles: Array<{ role: string, tenantIds: string[] }>
  totpDevices: Array<{ secretKey: string, period: number, skew: number, deviceName?: string }>
  loginMethods: BulkMethod[]
}

export interface BulkMethod {
  superTokensUserId: string
  recipeId: RecipeId
  tenantIds: string[]
  isVerified: boolean
  isPrimary: boolean
  timeJoinedInMSSinceEpoch: number
  email?: string
  phoneNumber?: string
  passwordHash?: string
  hashingAlgorithm?: string
  plainTextPassword?: string
  thirdPartyId?: string
  thirdPartyUserId?: string
}

interface Types {
  string: string
  integer: number
  boolean: boolean
  object: JsonObject
  'array of string': string[]
  'array of object': JsonObject[]
}

const filled = (value: Json) => typeof value === 'string' && value.trim() !== '' && !value.includes('\0')
const IS: Record<keyof Types, (value: Json) => boolean> = {
  string: filled,
  integer: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  'array of string': (value) => Array.isArray(value) && value.every(filled),
  'array of object': (value) => Array.isArray(value) && value.every(isObject)
}

/** Reads fields, and writes down everything that is wrong instead of stopping at the first. */
function reader (source: JsonObject, where: string, errors: string[]) {
  const optional = <K extends keyof Types>(name: string, type: K): Types[K] | undefined => {
    if (!Object.hasOwn(source, name)) return undefined
    const value = source[name] as Json
    if (IS[type](value)) return value as Types[K]
    errors.push(`${name} should be of type ${type}${where}`)
    return undefined
  }
  const required = <K extends keyof Types>(name: string, type: K): Types[K] | undefined => {
    if (!Object.hasOwn(source, name)) errors.push(`${name} is required${where}`)
    return optional(name, type)
  }
  const atMost = (name: string, max: number, text: string | undefined, label = name) => {
    if (text !== undefined && text.length > max) errors.push(`${label} ${text} is too long. Max length is ${max}.`)
    return text
  }
  return { optional, required, atMost }
}

/** `seen` holds the external ids of the batch, which must be unique in it. */
export function readBulkUser (app: App, source: JsonObject, seen: Set<string>): { user: BulkUser } | { errors: string[] } {
  const errors: string[] = []
  const { optional, required, atMost } = reader(source, '.', errors)
  const externalUserId = atMost('externalUserId', 128, optional('externalUserId', 'string'))?.trim()
  if (externalUserId !== undefined && seen.has(externalUserId)) errors.push(`externalUserId ${externalUserId} is not unique. It is already used by another user.`)
  if (externalUserId !== undefined) seen.add(externalUserId)
  const userMetadata = optional('userMetadata', 'object')
  const userRoles = (optional('userRoles', 'array of object') ?? []).map((one) => readRole(app, one, errors))
  const totpDevices = (optional('totpDevices', 'array of object') ?? []).map((one) => readDevice(one, errors))
  const methods = required('loginMethods', 'array of object')
  if (methods?.length === 0) errors.push('At least one loginMethod is required.')
  if ((methods ?? []).filter((one) => one.isPrimary === true).length > 1) errors.push('No two loginMethods can have isPrimary as true.')
  const loginMethods = (methods ?? []).map((one) => readMethod(app, one, errors))

  for (const tenantId of userRoles.flatMap((one) => one.tenantIds)) {
    if (tenantId !== PUBLIC && !loginMethods.some((method) => method.tenantIds.includes(tenantId))) {
      errors.push(`TenantId ${tenantId} for a user role does not exist in loginMethods.`)
    }
  }
  if (errors.length > 0) return { errors }
  return {
    user: {
      ...(externalUserId !== undefined && { externalUserId }),
      ...(userMetadata !== undefined && { userMetadata }),
      userRoles,
      totpDevices,
      loginMethods
    }
  }
}

function readTenants (app: App, tenantIds: string[] | undefined, where: string, errors: string[]): string[] {
  return (tenantIds ?? [PUBLIC]).map((given) => {
    const tenantId = given.trim().toLowerCase()
    if (!app.tenants.has(tenantId)) errors.push(`Invalid tenantId: ${given}${where}`)
    return tenantId
  })
}

function readRole (app: App, source: JsonObject, errors: string[]): BulkUser['userRoles'][number] {
  const where = ' for a user role.'
  const { required, atMost } = reader(source, where, errors)
  const role = atMost('role', 255, required('role', 'string'))?.trim() ?? ''
  if (role !== '' && !roleExists(app.db, role)) errors.push(`Role ${role} does not exist.`)
  return { role, tenantIds: readTenants(app, required('tenantIds', 'array of string'), where, errors) }
}

function readDevice (source: JsonObject, errors: string[]): BulkUser['totpDevices'][number] {
  const { optional, required, atMost } = reader(source, ' for a totp device.', errors)
  const secretKey = atMost('secretKey', 256, required('secretKey', 'string'), 'TOTP secretKey') ?? ''
  const period = optional('period', 'integer') ?? 30
  const skew = optional('skew', 'integer') ?? 1
  const deviceName = atMost('deviceName', 256, optional('deviceName', 'string'), 'TOTP deviceName')?.trim()
  if (period < 1) errors.push('period should be > 0 for a totp device.')
  if (skew < 0) errors.push('skew should be >= 0 for a totp device.')
  return { secretKey, period, skew, ...(deviceName !== undefined && { deviceName }) }
}

const WHERE: Record<RecipeId, string> = {
  emailpassword: ' for an emailpassword recipe.',
  thirdparty: ' for a thirdparty recipe.',
  passwordless: ' for a passwordless recipe.'
}

function readMethod (app: App, source: JsonObject, errors: string[]): BulkMethod {
  const { optional, required } = reader(source, ' for a loginMethod.', errors)
  const recipeId = required('recipeId', 'string') as RecipeId | undefined
  const known = recipeId !== undefined && Object.hasOwn(WHERE, recipeId)
  if (recipeId !== undefined && !known) errors.push('Invalid recipeId for loginMethod. Pass one of emailpassword, thirdparty or, passwordless!')
  const tenantIds = readTenants(app, optional('tenantIds', 'array of string'), ` for ${recipeId} recipe.`, errors)
  const time = optional('timeJoinedInMSSinceEpoch', 'integer') ?? app.now()
  if (time > app.now()) errors.push('timeJoined cannot be in future for a loginMethod.')
  if (time < 0) errors.push('timeJoined cannot be < 0 for a loginMethod.')
  if (tenantIds.length === 0) errors.push(`LoginMethod '${recipeId}' has no tenantId`)
  return {
    superTokensUserId: randomUUID(),
    recipeId: recipeId as RecipeId,
    tenantIds,
    isVerified: optional('isVerified', 'boolean') ?? false,
    isPrimary: optional('isPrimary', 'boolean') ?? false,
    timeJoinedInMSSinceEpoch: Math.trunc(time),
    ...(known && readAccount(app, recipeId, source, errors))
  }
}

function readAccount (app: App, recipe: RecipeId, source: JsonObject, errors: string[]): Partial<BulkMethod> {
  const { optional, required, atMost } = reader(source, WHERE[recipe], errors)
  const email = atMost('email', 255, recipe === 'passwordless' ? optional('email', 'string') : required('email', 'string'))
  const account: Partial<BulkMethod> = email === undefined ? {} : { email: normaliseEmail(email) }
  if (recipe === 'thirdparty') {
    const thirdPartyId = atMost('thirdPartyId', 28, required('thirdPartyId', 'string')) ?? ''
    return { ...account, thirdPartyId, thirdPartyUserId: atMost('thirdPartyUserId', 256, required('thirdPartyUserId', 'string')) ?? '' }
  }
  if (recipe === 'passwordless') {
    const phone = atMost('phoneNumber', 256, optional('phoneNumber', 'string'))
    if (email === undefined && phone === undefined) errors.push('Either email or phoneNumber is required for a passwordless recipe.')
    return { ...account, ...(phone !== undefined && { phoneNumber: normalisePhone(phone) }) }
  }
  const passwordHash = optional('passwordHash', 'string')?.trim()
  const hashingAlgorithm = optional('hashingAlgorithm', 'string')?.trim().toUpperCase()
  const plainTextPassword = optional('plainTextPassword', 'string')
  if (plainTextPassword === undefined && (passwordHash === undefined || hashingAlgorithm === undefined)) {
    errors.push('Either (passwordHash, hashingAlgorithm) or plainTextPassword is required for an emailpassword recipe.')
  }
  if (hashingAlgorithm !== undefined && !isHashAlgorithm(hashingAlgorithm)) {
    errors.push('Invalid hashingAlgorithm for emailpassword recipe. Pass one of bcrypt, argon2 or, firebase_scrypt!')
  } else if (hashingAlgorithm !== undefined && passwordHash !== undefined) {
    if (passwordHash.length > 256) errors.push('passwordHash is too long. Max length is 256.')
    const problem = hashProblem(passwordHash, hashingAlgorithm, app.settings(PUBLIC))
    if (problem !== undefined) errors.push(problem)
  }
  return {
    ...account,
    ...(passwordHash !== undefined && { passwordHash }),
    ...(hashingAlgorithm !== undefined && { hashingAlgorithm }),
    ...(plainTextPassword !== undefined && { plainTextPassword })
  }
}
