import type { JsonObject } from '../input/json.js'
import { ownerOf } from '../storage/owners.js'
import type { Stored } from '../storage/personal.js'
import type { Storage } from '../storage/storage.js'
import type { Tenant } from '../tenants/apps.js'

/** A sign-in in progress: the contact that codes were sent to, and the wrong ones typed so far. */
export interface Device { device_hash: string, email: string | null, phone: string | null, salt: string, failed_attempts: number }
export interface Code { code_id: string, device_hash: string, created_at: number }
export type Contact = { email: string } | { phone: string }

type DeviceRow = Omit<Device, 'email' | 'phone'> & Stored<'email' | 'phone'>

export function findDevice ({ db, id }: Tenant, hash: string): Device | undefined {
  const row = db.get<DeviceRow>('SELECT * FROM devices WHERE tenant_id = ? AND device_hash = ?', id, hash)
  return row && deviceOf(db, id, row)
}

export function findDevicesOf ({ db, id }: Tenant, contact: Contact): Device[] {
  const [column, value] = 'email' in contact ? ['email', contact.email] as const : ['phone', contact.phone] as const
  return db.all<DeviceRow>(`SELECT * FROM devices WHERE ${column} = ? AND tenant_id = ?`, db.personal.index(column, value), id).map((row) => deviceOf(db, id, row))
}

function deviceOf ({ personal }: Storage, tenantId: string, row: DeviceRow): Device {
  const { email, phone } = personal.read<'email' | 'phone'>(row, ownerOf.code(tenantId, row.device_hash))
  return { ...row, email, phone, salt: personal.open(row.salt, ownerOf.codeSalt(tenantId, row.device_hash)) }
}

export function removeDevice ({ db, id }: Tenant, hash: string): void {
  db.run('DELETE FROM devices WHERE tenant_id = ? AND device_hash = ?', id, hash)
}

/** Removes the devices of a contact, and with them their codes, in the given tenants. */
export function removeDevicesOf (db: Storage, contact: { email?: string | null, phone?: string | null }, tenantIds: string[]): void {
  for (const tenantId of tenantIds) {
    for (const column of ['email', 'phone'] as const) {
      const value = contact[column]
      if (value != null) db.run(`DELETE FROM devices WHERE ${column} = ? AND tenant_id = ?`, db.personal.index(column, value), tenantId)
    }
  }
}

/** Removes a code, and its device if that was the last code: a device without codes is useless. */
export function removeCode (tenant: Tenant, codeId: string): void {
  const { db, id } = tenant
  db.transaction(() => {
    const code = db.get<Code>('SELECT * FROM codes WHERE code_id = ? AND tenant_id = ?', codeId, id)
    if (code === undefined) return
    db.run('DELETE FROM codes WHERE code_id = ? AND tenant_id = ?', code.code_id, id)
    if (db.get('SELECT 1 FROM codes WHERE tenant_id = ? AND device_hash = ?', id, code.device_hash) === undefined) removeDevice(tenant, code.device_hash)
  })
}

export function deviceJson (device: Device): JsonObject {
  return {
    preAuthSessionId: device.device_hash,
    failedCodeInputAttemptCount: device.failed_attempts,
    ...(device.email !== null && { email: device.email }),
    ...(device.phone !== null && { phoneNumber: device.phone })
  }
}

export function deviceWithCodesJson ({ db, id, settings }: Tenant, device: Device): JsonObject {
  const codes = db.all<Code>('SELECT * FROM codes WHERE tenant_id = ? AND device_hash = ? ORDER BY created_at', id, device.device_hash)
    .map((code) => ({ codeId: code.code_id, timeCreated: code.created_at, codeLifetime: settings.codeLifetime }))
  return { ...deviceJson(device), codes }
}
