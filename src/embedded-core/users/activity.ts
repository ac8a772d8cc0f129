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

const [FINE, MIDDLE, COARSE] = SPANS

const whole = (span: number, coarser: number) => `(SELECT coalesce(sum(users), 0) FROM activity_counts
  WHERE span = ${span} AND place > ?1 >> ${span} AND place < ((?1 >> ${coarser}) + 1) << ${coarser - span})`

/** `since`: milliseconds. Reads the users of one fine span, then whole spans: of the finer ones no more than are in a coarser one. */
export function countActive (db: Storage, since: number): number {
  return db.get<{ count: number }>(`SELECT
    (SELECT count(*) FROM active_users WHERE last_active >= ?1 AND last_active < ((?1 >> ${FINE}) + 1) << ${FINE}) +
    ${whole(FINE, MIDDLE)} + ${whole(MIDDLE, COARSE)} +
    (SELECT coalesce(sum(users), 0) FROM activity_counts WHERE span = ${COARSE} AND place > ?1 >> ${COARSE}) AS count`, since)?.count ?? 0
}
