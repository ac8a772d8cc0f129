import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import type { Settings } from '../config.js'
import type { Storage } from './storage.js'

const BATCH = 200

/** What housekeeping needs to know of an app. */
interface Swept {
  db: Storage
  now: () => number
  /** By tenant id. */
  tenants: ReadonlyMap<string, unknown>
  settings (tenantId: string): Settings
}

export interface Housekeeping {
  stop (): void
}

/**
 * Removes what has expired, a small batch at a time, so that no request waits for long, and empties the log now and then.
 * Times are in milliseconds: `every` between sweeps, `soon` while there is more to remove, `emptied` between emptyings.
 */
export function startHousekeeping (apps: { list (): Swept[] }, onError: (error: unknown) => void, { every = 60_000, soon = 50, emptied = 3_600_000 } = {}): Housekeeping {
  let timer: NodeJS.Timeout
  const schedule = (delay: number) => {
    timer = setTimeout(() => {
      let more = false
      try {
        for (const app of apps.list()) more = sweep(app) || more
      } catch (error) {
        onError(error)
      }
      schedule(more ? soon : every)
    }, delay).unref()
  }
  schedule(every)
  const emptying = setInterval(() => {
    try {
      for (const { db } of apps.list()) db.cutLog()
    } catch (error) {
      onError(error)
    }
  }, emptied).unref()
  return {
    stop () {
      clearTimeout(timer)
      clearInterval(emptying)
    }
  }
}

/** Removes one batch of each kind. Returns whether there may be more. */
export function sweep ({ db, now, tenants, settings }: Swept): boolean {
  const time = now()
  const all = [...tenants.keys()].map(settings)
  const longest = (pick: (one: (typeof all)[number]) => number) => Math.max(...all.map(pick))
  const codesBefore = time - longest((one) => one.codeLifetime)
  const keysBefore = time - longest((one) => one.keyInterval + 2 * one.accessTokenValidity)
  const removed = db.transaction(() => [
    removeSome(db, 'sessions', 'handle', 'expires_at < ?', time),
    removeSome(db, 'reset_tokens', 'token_hash', 'expires_at < ?', time),
    removeSome(db, 'verification_tokens', 'token_hash', 'expires_at < ?', time),
    removeSome(db, 'totp_attempts', 'id', 'expires_at < ?', time - longest((one) => one.totpCooldown)),
    // Remove a device only once its last code is too old: its count of wrong attempts must not be forgotten earlier.
    removeSome(db, 'devices', '(tenant_id, device_hash)', 'last_code < ?', codesBefore),
    removeSome(db, 'keys', 'kid', 'kind = \'dynamic\' AND created_at < ?', keysBefore)
  ])
  return removed.some((count) => count === BATCH)
}

function removeSome (db: Storage, table: string, key: string, condition: string, value: number): number {
  const columns = key.replace(/[()]/g, '')
  return db.run(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${condition} LIMIT ${BATCH})`, value)
}
