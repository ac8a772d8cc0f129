import { createHash, createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto'
import { decodeBase64 } from '../input/base64.js'
import type { JsonObject } from '../input/json.js'
import { badRequest } from '../input/refusals.js'
import { ownerOf } from '../storage/owners.js'
import type { Tenant } from '../tenants/apps.js'
import { findDevice, removeDevice, type Code, type Device } from './devices.js'

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64url')

/** @throws a 400 refusal */
function decode (text: string, alphabet: 'base64' | 'base64url', name: string): Buffer {
  const bytes = decodeBase64(text, alphabet)
  if (bytes === undefined) throw badRequest(`Input encoding error in ${name}`)
  return bytes
}

/** The browser keeps the device id; the Core stores only this hash. */
export function deviceHashOf (deviceId: string): string {
  return digest(decode(deviceId, 'base64', 'deviceId'))
}

function linkCodeHashOf (linkCode: string): string {
  return digest(decode(linkCode, 'base64url', 'linkCode'))
}

/** The link code is an HMAC of the typed code, keyed with the device id and the Core's salt: both are one secret. */
function linkCodeOf (deviceId: string, salt: string, userInputCode: string): Buffer {
  const key = Buffer.concat([decode(deviceId, 'base64', 'deviceId'), Buffer.from(salt, 'base64')])
  return createHmac('sha256', key).update(userInputCode).digest()
}

export type NewCode = { device: Device, deviceId: string } | { email: string } | { phone: string }

/**
 * Creates a code for a new device or an existing one. Undefined if that device has already had the `wanted` code.
 *
 * @param random draws a whole number below its argument
 */
export function createCode (tenant: Tenant, target: NewCode, wanted: string | undefined, random: (below: number) => number = randomInt): JsonObject | undefined {
  const { db, id, now, settings } = tenant
  const randomCode = () => String(random(1_000_000)).padStart(6, '0')
  return db.transaction(() => {
    const deviceId = 'deviceId' in target ? target.deviceId : randomBytes(32).toString('base64')
    const device = 'device' in target ? target.device : newDevice(tenant, deviceId, target)
    const pick = (userInputCode: string) => {
      const linkCode = linkCodeOf(deviceId, device.salt, userInputCode)
      return { userInputCode, linkCode, used: db.get('SELECT 1 FROM codes WHERE tenant_id = ? AND link_code_hash = ?', id, digest(linkCode)) !== undefined }
    }
    let picked = pick(wanted ?? randomCode())
    if (picked.used && wanted !== undefined) return undefined
    while (picked.used) picked = pick(randomCode())
    const { userInputCode, linkCode } = picked
    const codeId = randomUUID()
    const timeCreated = now()
    db.run('INSERT INTO codes (code_id, tenant_id, device_hash, link_code_hash, created_at) VALUES (?, ?, ?, ?, ?)',
      codeId, id, device.device_hash, digest(linkCode), timeCreated)
    return {
      preAuthSessionId: device.device_hash,
      codeId,
      deviceId,
      userInputCode,
      linkCode: linkCode.toString('base64url'),
      timeCreated,
      codeLifetime: settings.codeLifetime
    }
  })
}

function newDevice ({ db, id }: Tenant, deviceId: string, contact: { email?: string, phone?: string }): Device {
  const device = { device_hash: deviceHashOf(deviceId), email: contact.email ?? null, phone: contact.phone ?? null, salt: randomBytes(32).toString('base64'), failed_attempts: 0 }
  const { email, phone, sealed } = db.personal.write({ email: device.email, phone: device.phone }, ownerOf.code(id, device.device_hash))
  db.run('INSERT INTO devices (tenant_id, device_hash, email, phone, sealed, salt) VALUES (?, ?, ?, ?, ?, ?)',
    id, device.device_hash, email, phone, sealed, db.personal.seal(device.salt, ownerOf.codeSalt(id, device.device_hash)))
  return device
}

export type Attempt = { preAuthSessionId: string } & ({ linkCode: string } | { deviceId: string, userInputCode: string })
export type AttemptResult = { device: Device } | { failure: JsonObject }

const RESTART = { failure: { status: 'RESTART_FLOW_ERROR' } }

/**
 * Tries a code. A typed code that is wrong or too old counts as a failed attempt of the device. A link code does not:
 * it is too long to guess. Call it inside a transaction.
 */
export function tryCode (tenant: Tenant, attempt: Attempt): AttemptResult {
  const { db, id, now, settings } = tenant
  const codeBy = (linkCodeHash: string) => {
    const code = db.get<Code>('SELECT * FROM codes WHERE tenant_id = ? AND link_code_hash = ?', id, linkCodeHash)
    return { code, fresh: code !== undefined && code.created_at >= now() - settings.codeLifetime }
  }
  const expectDevice = (hash: string) => {
    if (hash !== attempt.preAuthSessionId.replaceAll('=', '')) throw badRequest('preAuthSessionId and deviceId doesn\'t match')
  }

  if ('linkCode' in attempt) {
    const { code, fresh } = codeBy(linkCodeHashOf(attempt.linkCode))
    if (code === undefined || !fresh) return RESTART
    expectDevice(code.device_hash)
    const device = findDevice(tenant, code.device_hash) as Device
    return usedUp(tenant, device, 0) ? RESTART : { device }
  }

  const device = findDevice(tenant, deviceHashOf(attempt.deviceId))
  if (device === undefined) return RESTART
  expectDevice(device.device_hash)
  if (usedUp(tenant, device, 0)) return RESTART
  const { code, fresh } = codeBy(digest(linkCodeOf(attempt.deviceId, device.salt, attempt.userInputCode)))
  if (fresh) return { device }
  if (usedUp(tenant, device, 1)) return RESTART
  db.run('UPDATE devices SET failed_attempts = failed_attempts + 1 WHERE tenant_id = ? AND device_hash = ?', id, device.device_hash)
  return {
    failure: {
      status: code === undefined ? 'INCORRECT_USER_INPUT_CODE_ERROR' : 'EXPIRED_USER_INPUT_CODE_ERROR',
      failedCodeInputAttemptCount: device.failed_attempts + 1,
      maximumCodeInputAttempts: settings.codeAttempts
    }
  }
}

/** Removes a device that has no attempts left, or would have none after this one. Returns whether it did. */
function usedUp (tenant: Tenant, device: Device, thisAttempt: 0 | 1): boolean {
  if (device.failed_attempts + thisAttempt < tenant.settings.codeAttempts) return false
  removeDevice(tenant, device.device_hash)
  return true
}
