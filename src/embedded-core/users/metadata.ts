import type { JsonObject } from '../http/input.js'
import type { Storage } from '../storage/storage.js'

export function readMetadata (db: Storage, userId: string): JsonObject | undefined {
  const row = db.get<{ metadata: string }>('SELECT metadata FROM user_metadata WHERE user_id = ?', userId)
  return row && JSON.parse(row.metadata)
}

/** Shallow: a field of the update replaces the one there is, null at the top removes it, nulls deeper down are data. */
export function mergeMetadata (db: Storage, userId: string, update: JsonObject): JsonObject {
  // fromEntries defines its fields, so that "__proto__" is a field like any other.
  const merged = Object.fromEntries(Object.entries({ ...readMetadata(db, userId), ...update }).filter(([, value]) => value !== null))
  db.run(`INSERT INTO user_metadata (user_id, metadata) VALUES (?, ?)
    ON CONFLICT (user_id) DO UPDATE SET metadata = excluded.metadata`, userId, JSON.stringify(merged))
  return merged
}
