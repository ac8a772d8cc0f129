import { setImmediate } from 'node:timers/promises'
import { isRefusal } from '../input/refusals.js'
import { writeJson, type JsonObject } from '../input/json.js'
import type { PageStart } from '../input/page-token.js'
import { parseJson } from '../input/parse-json.js'
import { ownerOf } from '../storage/owners.js'
import type { App } from '../tenants/apps.js'
import { importUser, primaryMethod } from './importer.js'
import type { BulkUser } from './user.js'

export type QueueStatus = 'NEW' | 'PROCESSING' | 'FAILED'

interface QueueRow { id: string, status: string, error: string | null, raw: string, created_at: number, updated_at: number }

/** Queues checked users, all or none. Returns the ids that they will have. */
export function enqueue ({ db, vault, now }: App, users: BulkUser[]): JsonObject[] {
  return db.transaction(() => users.map((user) => {
    const { superTokensUserId: userId } = primaryMethod(user)
    db.run('INSERT INTO bulk_import (id, status, raw, created_at, updated_at) VALUES (?, \'NEW\', ?, ?, ?)', userId, vault.seal(writeJson(user), ownerOf.import(userId)), now(), now())
    return queuedJson(userId, user)
  }))
}

/** The ids that a user will have: the one seen outside, and one per login method. */
function queuedJson (userId: string, { externalUserId, loginMethods }: BulkUser): JsonObject {
  return {
    userId: externalUserId ?? userId,
    loginMethods: loginMethods.map(({ recipeId, superTokensUserId, tenantIds, email = null, ...method }) => ({
      recipeId,
      userId: superTokensUserId,
      tenants: tenantIds,
      email,
      ...(recipeId === 'thirdparty' && { thirdpartyId: method.thirdPartyId as string, thirdpartyUserId: method.thirdPartyUserId as string }),
      ...(recipeId === 'passwordless' && { phoneNumber: method.phoneNumber ?? null })
    }))
  }
}

/** Without a status, counts all. */
export function countQueued ({ db }: App, status: QueueStatus | undefined): number {
  const wanted = status ?? ''
  return db.get<{ count: number }>('SELECT coalesce(sum(users), 0) AS count FROM bulk_import_counts WHERE status = ? OR ? = \'\'', wanted, wanted)?.count ?? 0
}

/** One page of the queue, oldest first, and where the next one begins. Without a status, lists all. */
export function listQueued ({ db, vault }: App, status: QueueStatus | undefined, from: PageStart, limit: number): { users: JsonObject[], next: PageStart | undefined } {
  const [condition, ...values] = status === undefined ? [''] : ['status = ? AND', status]
  const rows = db.all<QueueRow>(`SELECT * FROM bulk_import WHERE ${condition} (created_at, id) >= (?, ?) ORDER BY created_at, id LIMIT ?`,
    ...values, from.time, from.id, limit + 1)
  const next = rows[limit]
  return {
    users: rows.slice(0, limit).map((row) => ({
      ...parseJson(vault.open(row.raw, ownerOf.import(row.id))) as JsonObject,
      id: row.id,
      status: row.status,
      ...(row.error !== null && { errorMessage: db.personal.open(row.error, ownerOf.importError(row.id)) }),
      createdAt: row.created_at,
      updatedAt: row.updated_at
    })),
    next: next && { id: next.id, time: next.created_at }
  }
}

/** Returns the ids that were in the queue. */
export function removeQueued ({ db }: App, ids: string[]): string[] {
  return db.transaction(() => ids.filter((id) => db.run('DELETE FROM bulk_import WHERE id = ?', id) === 1))
}

export interface QueueWorker {
  /** Makes sure that an app's queue is being worked off in the background. */
  start (app: App): void
  /** Resolves once the users being imported are done. */
  stop (): Promise<void>
}

export function createQueueWorker (onError: (error: unknown) => void): QueueWorker {
  const working = new Map<App, Promise<void>>()
  const state = { stopped: false }

  async function workOff (app: App): Promise<void> {
    const { db, vault, now } = app
    while (!state.stopped) {
      // One user per turn of the event loop, so that requests go first.
      await setImmediate()
      // Row ids follow the order of arrival. Failed rows stay in the table, with another status.
      const row = db.get<QueueRow>('SELECT * FROM bulk_import INDEXED BY bulk_import_next WHERE status = \'NEW\' ORDER BY rowid LIMIT 1')
      if (row === undefined) return
      try {
        // The user is created and leaves the queue in one transaction, so that a crash neither loses nor duplicates it.
        await importUser(app, parseJson(vault.open(row.raw, ownerOf.import(row.id))) as unknown as BulkUser, () => { db.run('DELETE FROM bulk_import WHERE id = ?', row.id) })
      } catch (error) {
        if (!isRefusal(error)) throw error
        db.run('UPDATE bulk_import SET status = \'FAILED\', error = ?, updated_at = ? WHERE id = ?', db.personal.seal(error.message, ownerOf.importError(row.id)), now(), row.id)
      }
    }
  }

  return {
    start (app) {
      if (!working.has(app)) working.set(app, workOff(app).catch(onError).finally(() => working.delete(app)))
    },
    async stop () {
      state.stopped = true
      await Promise.all(working.values())
    }
  }
}
