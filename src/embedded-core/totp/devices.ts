import { ownerOf } from '../storage/owners.js'
import type { Stored } from '../storage/personal.js'
import type { App } from '../tenants/apps.js'

export interface TotpDevice { name: string, secret: string, period: number, skew: number, verified: boolean }
type DeviceRow = Omit<TotpDevice, 'name' | 'verified'> & Stored<'name'> & { verified: number }

export function devicesOf ({ db, vault }: Pick<App, 'db' | 'vault'>, userId: string): TotpDevice[] {
  return db.all<DeviceRow>('SELECT name, sealed, secret, period, skew, verified FROM totp_devices WHERE user_id = ? ORDER BY created_at, rowid', userId)
    .map(({ secret, period, skew, verified, ...stored }) => ({
      name: db.personal.read<'name'>(stored, ownerOf.deviceName(userId)).name as string,
      secret: vault.open(secret, ownerOf.device(userId)),
      period,
      skew,
      verified: verified === 1
    }))
}

/** Returns the device's name; undefined if a verified device has it. An unverified device of that name is replaced. */
export function addDevice ({ db, vault, now }: Pick<App, 'db' | 'vault' | 'now'>, userId: string, device: Omit<TotpDevice, 'name'> & { name: string | undefined }): string | undefined {
  return db.transaction(() => {
    const verified = devicesOf({ db, vault }, userId).filter((one) => one.verified).map((one) => one.name)
    let name = device.name
    for (let number = verified.length; name === undefined; number++) {
      if (!verified.includes(`TOTP Device ${number}`)) name = `TOTP Device ${number}`
    }
    if (verified.includes(name)) return undefined
    const stored = db.personal.write({ name }, ownerOf.deviceName(userId))
    db.run('INSERT OR REPLACE INTO totp_devices (user_id, name, sealed, secret, period, skew, verified, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      userId, stored.name, stored.sealed, vault.seal(device.secret, ownerOf.device(userId)), device.period, device.skew, Number(device.verified), now())
    return name
  })
}

/** Why a device cannot get this name; undefined once it has it. */
export function renameDevice (app: App, userId: string, from: string, to: string): 'unknown' | 'exists' | undefined {
  const names = devicesOf(app, userId).map((device) => device.name)
  if (!names.includes(from)) return 'unknown'
  if (from !== to && names.includes(to)) return 'exists'
  const { personal } = app.db
  const stored = personal.write({ name: to }, ownerOf.deviceName(userId))
  app.db.run('UPDATE totp_devices SET name = ?, sealed = ? WHERE user_id = ? AND name = ?', stored.name, stored.sealed, userId, personal.index('name', from))
  return undefined
}

/** Also forgets the attempts of a user who has no device left. Returns whether there was such a device. */
export function removeDevice (app: App, userId: string, name: string): boolean {
  const { db } = app
  return db.transaction(() => {
    const removed = db.run('DELETE FROM totp_devices WHERE user_id = ? AND name = ?', userId, db.personal.index('name', name))
    if (devicesOf(app, userId).length === 0) db.run('DELETE FROM totp_attempts WHERE user_id = ?', userId)
    return removed === 1
  })
}
