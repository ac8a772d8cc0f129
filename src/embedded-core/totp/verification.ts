import { sameSecret } from '../storage/digests.js'
import type { Tenant } from '../tenants/apps.js'
import { codeAt } from './codes.js'
import { devicesOf, type TotpDevice } from './devices.js'

/** Checks a code against the user's verified devices. */
export function verifyCode (tenant: Tenant, userId: string, code: string): object {
  return tenant.db.transaction(() => {
    const devices = devicesOf(tenant.app, userId)
    if (devices.length === 0) return { status: 'UNKNOWN_USER_ID_ERROR' }
    return tryCode(tenant, userId, devices.filter((device) => device.verified), code) ?? { status: 'OK' }
  })
}

/** Checks a code against one device and marks the device as verified. */
export function verifyDevice (tenant: Tenant, userId: string, name: string, code: string): object {
  const { db } = tenant
  return db.transaction(() => {
    const device = devicesOf(tenant.app, userId).find((candidate) => candidate.name === name)
    if (device === undefined) return { status: 'UNKNOWN_DEVICE_ERROR' }
    if (device.verified) return { status: 'OK', wasAlreadyVerified: true }
    const failure = tryCode(tenant, userId, [device], code)
    if (failure !== undefined) return failure
    db.run('UPDATE totp_devices SET verified = 1 WHERE user_id = ? AND name = ?', userId, db.personal.index('name', name))
    return { status: 'OK', wasAlreadyVerified: false }
  })
}

interface AttemptRow { code: string, valid: number, created_at: number, expires_at: number }

/** Uses up a valid code; too many failures in a row lead to a cool-down. Undefined if the code was right. */
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
