import type { Storage } from './storage.js'
import { internalIdOf } from './user-ids.js'

/** Any session counts as activity, also of ids that are no users. */
export function markActive (db: Storage, id: string, now: number): void {
  db.run(`INSERT INTO active_users (user_id, last_active) VALUES (?, ?)
    ON CONFLICT (user_id) DO UPDATE SET last_active = excluded.last_active`, internalIdOf(db, id) ?? id, now)
}

/**
 * How many persons have been active since. Each has an entry under the primary id, and few have more, of login methods that were linked later:
 * only those are looked at one by one. Counting distinct persons outright would sort a million to find a handful.
 */
export function countActive (db: Storage, since: number): number {
  const { entries } = db.get<{ entries: number }>('SELECT count(*) AS entries FROM active_users WHERE last_active >= ?', since) as { entries: number }
  const { linked, others } = db.get<{ linked: number, others: number }>(`
    SELECT count(*) AS linked, count(DISTINCT CASE WHEN p.user_id IS NULL THEN u.primary_id END) AS others
    FROM users u INDEXED BY users_linked CROSS JOIN active_users a ON a.user_id = u.user_id AND a.last_active >= ?
      LEFT JOIN active_users p ON p.user_id = u.primary_id AND p.last_active >= ?
    WHERE u.primary_id <> u.user_id`, since, since) as { linked: number, others: number }
  return entries - linked + others
}
