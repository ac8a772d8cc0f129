import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { openStorage } from '../../src/embedded-core/storage/storage.js'

/** In a folder of its own: `t.testdir` empties the one it has made before. */
export function newFile (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'durability-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'core.db')
}

/** What a thief gets: every byte of every file beside this one, the log included. */
export function stolen (file: string): string {
  return readdirSync(dirname(file)).map((name) => readFileSync(join(dirname(file), name)).toString('latin1')).join('\n')
}

/** What SQLite itself says of a file, and rows that only make sense together. */
export function damage (file: string): string[] {
  const db = openStorage(file)
  try {
    const count = (sql: string) => db.get<{ count: number }>(`SELECT count(*) AS count FROM ${sql}`)?.count
    return [
      ...db.all<{ integrity_check: string }>('PRAGMA integrity_check').map((row) => row.integrity_check).filter((text) => text !== 'ok'),
      ...db.all('PRAGMA foreign_key_check').map((row) => JSON.stringify(row)),
      ...count('users u WHERE NOT EXISTS (SELECT 1 FROM user_tenants x WHERE x.user_id = u.user_id)') === 0 ? [] : ['a user without a tenant'],
      ...count('devices d WHERE NOT EXISTS (SELECT 1 FROM codes c WHERE c.tenant_id = d.tenant_id AND c.device_hash = d.device_hash)') === 0 ? [] : ['a device without a code']
    ]
  } finally {
    db.close()
  }
}
