import { writeJson, type JsonObject } from '../input/json.js'
import { parseJson } from '../input/parse-json.js'
import { ownerOf } from '../storage/owners.js'
import type { Storage } from '../storage/storage.js'

export function readMetadata (db: Storage, userId: string): JsonObject | undefined {
  const row = db.get<{ metadata: string }>('SELECT metadata FROM user_metadata WHERE user_id = ?', userId)
  return row && parseJson(db.personal.open(row.metadata, ownerOf.metadata(userId))) as JsonObject
}

/** Merges one level deep. A field replaces the existing one, and null removes it. Deeper nulls are data. */
export function mergeMetadata (db: Storage, userId: string, update: JsonObject): JsonObject {
  // `fromEntries` defines properties instead of assigning them, so "__proto__" is a field like any other.
  const merged = Object.fromEntries(Object.entries({ ...readMetadata(db, userId), ...update }).filter(([, value]) => value !== null))
  db.run(`INSERT INTO user_metadata (user_id, metadata) VALUES (?, ?)
    ON CONFLICT (user_id) DO UPDATE SET metadata = excluded.metadata`, userId, db.personal.seal(writeJson(merged), ownerOf.metadata(userId)))
  return merged
}

export function removeMetadata (db: Storage, userId: string): void {
  db.run('DELETE FROM user_metadata WHERE user_id = ?', userId)
}
