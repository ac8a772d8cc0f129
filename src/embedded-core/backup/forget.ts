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
