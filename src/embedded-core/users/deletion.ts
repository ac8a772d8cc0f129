import type { Storage } from '../storage/storage.js'
import { findUser, publicId, refreshPrimaryTime, type LoginMethod, type User } from './accounts.js'
import { findMapping, userExists } from './user-ids.js'

/**
 * Deletes a user, or one of its login methods, and the data of other recipes under its ids. Data of an id that is no
 * user stays. Call it inside a transaction.
 */
export function deleteUser (db: Storage, id: string, withLinked: boolean): void {
  const mapping = userExists(db, id) ? undefined : findMapping(db, id, 'EXTERNAL')
  const userId = mapping?.user_id ?? id
  const user = findUser(db, userId)
  if (user === undefined) return
  if (withLinked || user.methods.length === 1) {
    for (const method of user.methods) deleteMethod(db, method)
    deleteDataOf(db, publicId(user))
    forgetId(db, user.id)
  } else {
    const method = user.methods.find((candidate) => candidate.userId === userId)
    if (method !== undefined) deleteLinkedMethod(db, user, method)
  }
}

/** Deletes one of several login methods. The primary id, its data and its mapping stay with the others. */
export function deleteLinkedMethod (db: Storage, user: User, method: LoginMethod): void {
  if (method.userId === user.id) {
    deleteRows(db, method.userId)
  } else {
    deleteMethod(db, method)
  }
  refreshPrimaryTime(db, user.id)
}

function deleteMethod (db: Storage, method: LoginMethod): void {
  deleteRows(db, method.userId)
  deleteDataOf(db, publicId(method))
  forgetId(db, method.userId)
}

function deleteRows (db: Storage, userId: string): void {
  db.run('DELETE FROM reset_tokens WHERE user_id = ?', userId)
  db.run('DELETE FROM users WHERE user_id = ?', userId)
}

function forgetId (db: Storage, userId: string): void {
  db.run('DELETE FROM user_ids WHERE user_id = ?', userId)
  db.run('DELETE FROM active_users WHERE user_id = ?', userId)
}

function deleteDataOf (db: Storage, id: string): void {
  for (const table of ['user_metadata', 'sessions', 'verified_emails', 'verification_tokens', 'user_roles', 'totp_devices', 'totp_attempts']) {
    db.run(`DELETE FROM ${table} WHERE user_id = ?`, id)
  }
}
