import type { JsonObject } from '../input/json.js'
import { trim } from '../input/trim.js'
import { PUBLIC, type App } from '../tenants/apps.js'
import { roleExists } from '../users/roles.js'
import { reader } from './fields.js'
import { knownTenants, readMethod, type BulkMethod } from './methods.js'

/** A user to import, checked and normalised. Also the form in which a user waits in the queue. */
export interface BulkUser {
  externalUserId?: string
  userMetadata?: JsonObject
  userRoles?: Array<{ role: string, tenantIds: string[] }>
  totpDevices?: Array<{ secretKey: string, period: number, skew: number, deviceName?: string }>
  loginMethods: BulkMethod[]
}

/** Reads one user of a batch. `seen` collects the external ids, which must be unique within the batch. */
export function readBulkUser (app: App, source: JsonObject, seen: Set<string>): { user: BulkUser } | { errors: string[] } {
  const errors: string[] = []
  const { optional, required, atMost } = reader(source, '.', errors)
  const externalUserId = optional('externalUserId', 'string')
  const userMetadata = optional('userMetadata', 'object')
  const userRoles = optional('userRoles', 'array of object')?.map((one) => readRole(app, one, errors))
  const totpDevices = optional('totpDevices', 'array of object')?.map((one) => readDevice(one, errors))
  const methods = required('loginMethods', 'array of object')
  if (methods?.length === 0) errors.push('At least one loginMethod is required.')
  errors.push(...(methods ?? []).filter((one) => one.isPrimary === true).slice(1).map(() => 'No two loginMethods can have isPrimary as true.'))
  const loginMethods = (methods ?? []).flatMap((one) => readMethod(app, one, errors) ?? [])

  atMost(128, externalUserId, 'externalUserId')
  if (externalUserId !== undefined) {
    if (seen.has(externalUserId)) errors.push(`externalUserId ${externalUserId} is not unique. It is already used by another user.`)
    seen.add(externalUserId)
  }
  for (const tenantId of (userRoles ?? []).flatMap((one) => one.tenantIds)) {
    if (tenantId !== PUBLIC && !loginMethods.some((method) => method.tenantIds.includes(tenantId))) {
      errors.push(`TenantId ${tenantId} for a user role does not exist in loginMethods.`)
    }
  }
  for (const { recipeId, tenantIds } of loginMethods) if (tenantIds.length === 0) errors.push(`LoginMethod '${recipeId}' has no tenantId`)
  if (errors.length > 0) return { errors }
  return {
    user: {
      ...(externalUserId !== undefined && { externalUserId: trim(externalUserId) }),
      ...(userMetadata !== undefined && { userMetadata }),
      ...(userRoles !== undefined && { userRoles }),
      ...(totpDevices !== undefined && { totpDevices }),
      loginMethods
    }
  }
}

function readRole (app: App, source: JsonObject, errors: string[]): { role: string, tenantIds: string[] } {
  const where = ' for a user role.'
  const { required, atMost } = reader(source, where, errors)
  const [given, tenantIds] = [required('role', 'string'), required('tenantIds', 'array of string')]
  atMost(255, given, 'role')
  const role = trim(given ?? '')
  if (role !== '' && !roleExists(app.db, role)) errors.push(`Role ${role} does not exist.`)
  return { role, tenantIds: knownTenants(app, tenantIds, where, errors) }
}

function readDevice (source: JsonObject, errors: string[]): { secretKey: string, period: number, skew: number, deviceName?: string } {
  const { optional, required, atMost } = reader(source, ' for a totp device.', errors)
  const secretKey = required('secretKey', 'string')
  const period = optional('period', 'integer') ?? 30
  const skew = optional('skew', 'integer') ?? 1
  const deviceName = optional('deviceName', 'string')
  atMost(256, secretKey, 'TOTP secretKey')
  if (period < 1) errors.push('period should be > 0 for a totp device.')
  if (skew < 0) errors.push('skew should be >= 0 for a totp device.')
  atMost(256, deviceName, 'TOTP deviceName')
  return { secretKey: secretKey ?? '', period, skew, ...(deviceName !== undefined && { deviceName: trim(deviceName) }) }
}
