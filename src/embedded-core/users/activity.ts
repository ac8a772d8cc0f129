import { SPANS } from '../storage/counts.js'
import type { Storage } from '../storage/storage.js'
import { internalIdOf } from './user-ids.js'

/** Records that an id was active just now. The id need not be a user's: sessions can be created for any id. */
export function markActive (db: Storage, id: string, now: number): void {
  db.run(`INSERT INTO active_users (user_id, last_active) VALUES (?, ?)
    ON CONFLICT (user_id) DO UPDATE SET last_active = excluded.last_active`, internalIdOf(db, id) ?? id, now)
}

/** Moves the activity of a login method to the primary user it was linked to. */
export function markLinked (db: Storage, recipeUserId: string, primaryId: string, now: number): void {
  db.run('DELETE FROM active_users WHERE user_id = ?', recipeUserId)
  markActive(db, primaryId, now)
}

const [FINE, COARSE] = SPANS

/** `since`: milliseconds. Reads the users of one fine span, and then whole spans: the fine ones of one coarse span at most. */
export function countActive (db: Storage, since: number): number {
  return db.get<{ count: number }>(`SELECT
    (SELECT count(*) FROM active_users WHERE last_active >= ?1 AND last_active < ((?1 >> ${FINE}) + 1) << ${FINE}) +
    (SELECT coalesce(sum(users), 0) FROM activity_counts WHERE span = ${FINE} AND place > ?1 >> ${FINE} AND place < ((?1 >> ${COARSE}) + 1) << ${COARSE - FINE}) +
    (SELECT coalesce(sum(users), 0) FROM activity_counts WHERE span = ${COARSE} AND place > ?1 >> ${COARSE}) AS count`, since)?.count ?? 0
}
