import type { FastifyInstance } from 'fastify'
import type { Tenant } from '../tenants/apps.js'
import { sameSecret } from '../storage/digests.js'
import { readUserIds, type Body } from '../http/input.js'
import { badRequest } from '../http/refusals.js'
import { codeAt, newSecret } from '../totp/codes.js'
import { addDevice, devicesOf, type TotpDevice } from '../totp/devices.js'
import { answer, type Call } from '../http/transport.js'

const EXISTS = { status: 'DEVICE_ALREADY_EXISTS_ERROR' }
const UNKNOWN_DEVICE = { status: 'UNKNOWN_DEVICE_ERROR' }

export async function totp (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/totp/device', answer(({ body, publicApp }) => {
    const userId = filled(body, 'userId')
    const device = readDevice(body)
    const secret = newSecret()
    const deviceName = addDevice(publicApp(), userId, { ...device, secret, verified: false })
    return deviceName === undefined ? EXISTS : { status: 'OK', deviceName, secret }
  }))

  fastify.post('/recipe/totp/device/import', answer(({ body, publicApp }) => {
    const userId = filled(body, 'userId')
    const secret = filled(body, 'secretKey')
    const deviceName = addDevice(publicApp(), userId, { ...readDevice(body), secret, verified: true })
    return deviceName === undefined ? EXISTS : { status: 'OK', deviceName }
  }))

  fastify.put('/recipe/totp/device', answer(({ body, publicApp }) => {
    const [userId, from, to] = [filled(body, 'userId'), filled(body, 'existingDeviceName'), filled(body, 'newDeviceName')]
    const app = publicApp()
    const names = devicesOf(app, userId).map((device) => device.name)
    if (!names.includes(from)) return UNKNOWN_DEVICE
    if (from !== to && names.includes(to)) return EXISTS
    app.db.run('UPDATE totp_devices SET name = ? WHERE user_id = ? AND name = ?', to, userId, from)
    return { status: 'OK' }
  }))

  fastify.get('/recipe/totp/device/list', answer(({ query, publicApp }) => {
    const userId = query.string('userId')
    if (userId === '') throw badRequest('userId cannot be empty')
    return { status: 'OK', devices: devicesOf(publicApp(), userId).map(({ name, period, skew, verified }) => ({ name, period, skew, verified })) }
  }))

  fastify.post('/recipe/totp/device/status/bulk', answer(({ body, publicApp }) => {
    const userIds = readUserIds(body)
    const app = publicApp()
    const status = (devices: TotpDevice[]) => devices.length === 0 ? null : devices.some((device) => device.verified)
    return { status: 'OK', users: userIds.map((userId) => ({ userId, hasVerifiedDevice: status(devicesOf(app, userId)) })) }
  }))

  fastify.post('/recipe/totp/device/remove', answer(({ body, publicApp }) => {
    const [userId, name] = [filled(body, 'userId'), filled(body, 'deviceName')]
    const app = publicApp()
    const { db } = app
    return db.transaction(() => {
      const removed = db.run('DELETE FROM totp_devices WHERE user_id = ? AND name = ?', userId, name)
      if (devicesOf(app, userId).length === 0) db.run('DELETE FROM totp_attempts WHERE user_id = ?', userId)
      return { status: 'OK', didDeviceExist: removed === 1 }
    })
  }))

  fastify.post('/recipe/totp/device/verify', answer(verifyDevice))

  fastify.post('/recipe/totp/verify', answer(({ body, tenant: getTenant }) => {
    const userId = filled(body, 'userId')
    const code = body.string('totp')
    const tenant = getTenant()
    return tenant.db.transaction(() => {
      const devices = devicesOf(tenant.app, userId)
      if (devices.length === 0) return { status: 'UNKNOWN_USER_ID_ERROR' }
      return tryCode(tenant, userId, devices.filter((device) => device.verified), code) ?? { status: 'OK' }
    })
  }))
}

function filled (body: Body, name: string): string {
  const text = body.string(name)
  if (text === '') throw badRequest(`${name} cannot be empty`)
  return text
}

function readDevice (body: Body): { name: string | undefined, skew: number, period: number } {
  const name = body.has('deviceName') ? filled(body, 'deviceName') : undefined
  const skew = body.integer('skew')
  const period = body.integer('period')
  if (skew < 0) throw badRequest('skew must be >= 0')
  if (period <= 0) throw badRequest('period must be > 0')
  return { name, skew, period }
}

function verifyDevice ({ body, tenant: getTenant }: Call): object {
  const [userId, name] = [filled(body, 'userId'), filled(body, 'deviceName')]
  const code = body.string('totp')
  const tenant = getTenant()
  const { db } = tenant
  return db.transaction(() => {
    const device = devicesOf(tenant.app, userId).find((candidate) => candidate.name === name)
    if (device === undefined) return UNKNOWN_DEVICE
    if (device.verified) return { status: 'OK', wasAlreadyVerified: true }
    const failure = tryCode(tenant, userId, [device], code)
    if (failure !== undefined) return failure
    db.run('UPDATE totp_devices SET verified = 1 WHERE user_id = ? AND name = ?', userId, name)
    return { status: 'OK', wasAlreadyVerified: false }
  })
}

interface AttemptRow { code: string, valid: number, created_at: number, expires_at: number }

/** Tries a code against devices; a valid one is used up, failures in a row lead to a pause. Undefined if it was right. */
function tryCode ({ db, id, now, settings }: Tenant, userId: string, devices: TotpDevice[], code: string): object | undefined {
  const { totpAttempts: max, totpCooldown: cooldown } = settings
  const time = now()
  const attempts = db.all<AttemptRow>('SELECT code, valid, created_at, expires_at FROM totp_attempts WHERE user_id = ? AND tenant_id = ? ORDER BY id DESC', userId, id)
  const firstValid = attempts.findIndex((attempt) => attempt.valid === 1)
  const failures = attempts.slice(0, firstValid < 0 ? max : Math.min(firstValid, max))
  const latest = failures[0]?.created_at ?? 0
  let failed = failures.filter((attempt) => attempt.created_at > latest - cooldown).length
  const outcome = (status: string, count: number) => ({ status, currentNumberOfFailedAttempts: count, maxNumberOfFailedAttempts: max })
  if (failed === max) {
    const pause = latest + cooldown - time
    if (pause > 0) return { ...outcome('LIMIT_REACHED_ERROR', failed), retryAfterMs: pause }
    failed = 0
  }
  if (code.length > 8) return outcome('INVALID_TOTP_ERROR', failed + 1)

  const lifetime = (device: TotpDevice) => 1000 * device.period * (2 * device.skew + 1)
  const device = devices.find((candidate) => accepts(candidate, code, time))
  const used = attempts.some((attempt) => attempt.valid === 1 && attempt.code === code && attempt.expires_at > time)
  const valid = device !== undefined && !used
  db.run('INSERT INTO totp_attempts (tenant_id, user_id, code, valid, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    id, userId, code, Number(valid), time, time + (device === undefined ? Math.max(0, ...devices.map(lifetime)) : lifetime(device)))
  return valid ? undefined : outcome('INVALID_TOTP_ERROR', failed + 1)
}

function accepts ({ secret, period, skew }: TotpDevice, code: string, time: number): boolean {
  for (let step = -skew; step <= skew; step++) {
    if (sameSecret(codeAt(secret, period, time + step * period * 1000), code)) return true
  }
  return false
}
