import type { Storage } from '../storage/storage.js'
import { externalIdOf } from './user-ids.js'

/** Verification belongs to the id that other recipes know a user by, and to the email: it outlives a change of it. */
export function setVerified (db: Storage, userId: string, email: string): void {
  db.run('INSERT OR IGNORE INTO verified_emails (user_id, email) VALUES (?, ?)', externalIdOf(db, userId) ?? userId, email)
}
