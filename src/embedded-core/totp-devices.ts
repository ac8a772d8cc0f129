import type { App } from './apps.js'
import type { Storage } from './storage.js'

export interface TotpDevice { name: string, secret: string, period: number, skew: number, verified: boolean }
type DeviceRow = Omit<TotpDevice, 'verified'> & { verified: number }

export function devicesOf (db: Storage, userId: string): TotpDevice[] {
  return db.all<DeviceRow>('SELECT name, secret, period, skew, verified FROM totp_devices WHERE user_id = ? ORDER BY created_at, rowid', userId)
    .map((row) => ({ ...row, verified: row.verified === 1 }))
}

/** Returns the device's name; undefined if a verified one has it. An unverified one of that name gives way. */
export function addDevice ({ db, now }: Pick<App, 'db' | 'now'>, userId: string, device: Omit<TotpDevice, 'name'> & { name: string | undefined }): string | undefined {
  return db.transaction(() => {
    const verified = devicesOf(db, userId).filter((one) => one.verified).map((one) => one.name)
    let name = device.name
    for (let number = verified.length; name === undefined; number++) {
      if (!verified.includes(`TOTP Device ${number}`)) name = `TOTP Device ${number}`
    }
    if (verified.includes(name)) return undefined
    db.run('INSERT OR REPLACE INTO totp_devices (user_id, name, secret, period, skew, verified, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      userId, name, device.secret, device.period, device.skew, Number(device.verified), now())
    return name
  })
}
