import { writeJson, type JsonObject } from '../input/json.js'
import { parseJson } from '../input/parse-json.js'
import { ownerOf } from '../storage/owners.js'
import type { Storage } from '../storage/storage.js'

/**
 * Takes out of a restored file what must not be there a second time. A backup knows sessions that were ended since, refresh
 * tokens that were replaced, and codes and links that were used: an attacker who kept one would be let in again. Who holds an
 * unused one starts anew.
 *
 * Access tokens carry no state that could be taken back, so the keys that sign them go: a Core makes new ones. The static
 * key stays, since others may have been given it by hand.
 */
export function forgetWhatIsSpent (db: Storage): void {
  db.transaction(() => {
    for (const table of ['sessions', 'codes', 'devices', 'reset_tokens', 'verification_tokens']) db.run(`DELETE FROM ${table}`)
    db.run('DELETE FROM keys WHERE kind IN (\'dynamic\', \'refresh\')')
  })
}

const PAGE = 1000

/** The same for what an app keeps in the metadata of its users. */
export function amendMetadata (db: Storage, amend: (metadata: JsonObject) => JsonObject): void {
  const { personal } = db
  let rows: Array<{ user_id: string, metadata: string }> = []
  do {
    rows = db.all('SELECT user_id, metadata FROM user_metadata WHERE user_id > ? ORDER BY user_id LIMIT ?', rows.at(-1)?.user_id ?? '', PAGE)
    db.transaction(() => {
      for (const { user_id: id, metadata } of rows) {
        const before = personal.open(metadata, ownerOf.metadata(id))
        const amended = writeJson(amend(parseJson(before) as JsonObject))
        if (amended !== before) db.run('UPDATE user_metadata SET metadata = ? WHERE user_id = ?', personal.seal(amended, ownerOf.metadata(id)), id)
      }
    })
  } while (rows.length === PAGE)
}
