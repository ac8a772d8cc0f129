import { ownerOf } from './owners.js'
import type { Personal, Stored } from './personal.js'
import type { Row, Storage, Value } from './storage.js'

/** How values are written. */
export interface Writing {
  vault: Pick<Personal, 'seal' | 'open'>
  personal: Personal
}

type Text = string | null
type Reseal = <T extends Text>(text: T, owner: string) => string | T

const PAGE = 1000

/** Writes everything anew that is or was sealed. Call it inside a transaction. */
export function rewrite (db: Storage, before: Writing, after: Writing): void {
  const again = resealing(before.vault, after.vault)
  eachRow<{ kid: string, secret: string }>(db, 'keys', ['kid'], (row) => ({ secret: again(row.secret, ownerOf.key(row.kid)) }))
  eachRow<{ user_id: string, secret: string }>(db, 'totp_devices', ['rowid'], (row) => ({ secret: again(row.secret, ownerOf.device(row.user_id)) }))
  // Queued bulk-import users hold authenticator secrets and plain-text passwords.
  eachRow<{ id: string, raw: string }>(db, 'bulk_import', ['rowid'], (row) => ({ raw: again(row.raw, ownerOf.import(row.id)) }))
  if (before.personal.isSealed || after.personal.isSealed) rewritePersonal(db, before.personal, after.personal)
}

function rewritePersonal (db: Storage, before: Personal, after: Personal): void {
  const again = resealing(before, after)
  eachRow<Stored<'email' | 'phone' | 'provider_user_id'> & { user_id: string, primary_id: string, password_hash: Text }>(db, 'users', ['rowid'], (row) => {
    const { email, phone, provider_user_id: providerUserId } = before.read<'email' | 'phone' | 'provider_user_id'>(row, ownerOf.user(row.user_id, row.primary_id))
    return {
      ...after.write({ email, phone, provider_user_id: providerUserId }, ownerOf.user(row.user_id, row.primary_id)),
      password_hash: again(row.password_hash, ownerOf.password(row.user_id))
    }
  })
  eachRow<Stored<'email' | 'phone'> & { tenant_id: string, device_hash: string, salt: string }>(db, 'devices', ['tenant_id', 'device_hash'], (row) => {
    const { email, phone } = before.read<'email' | 'phone'>(row, ownerOf.code(row.tenant_id, row.device_hash))
    return {
      ...after.write({ email, phone }, ownerOf.code(row.tenant_id, row.device_hash)),
      salt: again(row.salt, ownerOf.codeSalt(row.tenant_id, row.device_hash))
    }
  })
  eachRow<Stored<'email'> & { token_hash: string }>(db, 'verification_tokens', ['token_hash'], (row) => {
    const { email } = before.read<'email'>(row, ownerOf.verificationToken(row.token_hash))
    return { ...after.write({ email }, ownerOf.verificationToken(row.token_hash)) }
  })
  eachRow<Stored<'name'> & { user_id: string }>(db, 'totp_devices', ['rowid'], (row) => {
    const { name } = before.read<'name'>(row, ownerOf.deviceName(row.user_id))
    return { ...after.write({ name }, ownerOf.deviceName(row.user_id)) }
  })
  eachRow<{ token_hash: string, user_id: string, email: string }>(db, 'reset_tokens', ['token_hash'], (row) => ({ email: again(row.email, ownerOf.resetToken(row.token_hash, row.user_id)) }))
  eachRow<{ user_id: string, metadata: string }>(db, 'user_metadata', ['user_id'], (row) => ({ metadata: again(row.metadata, ownerOf.metadata(row.user_id)) }))
  eachRow<{ handle: string, user_id: string, data: string, payload: string }>(db, 'sessions', ['handle'], ({ handle, user_id: userId, data, payload }) => ({
    data: again(data, ownerOf.session(handle, 'data', userId)),
    payload: again(payload, ownerOf.session(handle, 'payload', userId))
  }))
  eachRow<{ user_id: string, external_id: string, info: Text }>(db, 'user_ids', ['user_id'], (row) => {
    const owner = ownerOf.idMapping(row.user_id, row.external_id)
    return { info: after.sealNote(before.openNote(row.info, owner), owner) }
  })
  eachRow<{ id: string, error: Text }>(db, 'bulk_import', ['rowid'], (row) => ({ error: again(row.error, ownerOf.importError(row.id)) }))
  eachRow<{ tenant_id: string, providers: string }>(db, 'tenants', ['tenant_id'], (row) => ({ providers: again(row.providers, ownerOf.providers(row.tenant_id)) }))
  rewriteVerifiedEmails(db, before, after)
}

function resealing (before: Writing['vault'], after: Writing['vault']): Reseal {
  return (text, owner) => text === null ? text : after.seal(before.open(text, owner), owner)
}

/** Walks through a table by a key that stays as it is, and writes the columns that `again` returns. */
function eachRow <R extends object> (db: Storage, table: string, key: string[], again: (row: R) => Row): void {
  const keys = key.join(', ')
  const marks = key.map(() => '?').join(', ')
  const keyOf = (row: R): Value[] => key.map((column) => (row as Row)[column] as Value)
  let rows: R[] = []
  do {
    const last = rows.at(-1)
    rows = db.all<R>(`SELECT ${keys}, * FROM ${table} ${last === undefined ? '' : `WHERE (${keys}) > (${marks})`} ORDER BY ${keys} LIMIT ${PAGE}`, ...(last === undefined ? [] : keyOf(last)))
    for (const row of rows) {
      const written = again(row)
      db.run(`UPDATE ${table} SET ${Object.keys(written).map((column) => `${column} = ?`).join(', ')} WHERE (${keys}) = (${marks})`, ...Object.values(written), ...keyOf(row))
    }
  } while (rows.length === PAGE)
}

/** The email is part of the key: a row that is written anew must not be met again, so a user's rows are read at once. */
function rewriteVerifiedEmails (db: Storage, before: Personal, after: Personal): void {
  let users: Array<{ user_id: string }> = []
  do {
    const last = users.at(-1)
    users = db.all(`SELECT DISTINCT user_id FROM verified_emails ${last === undefined ? '' : 'WHERE user_id > ?'} ORDER BY user_id LIMIT ${PAGE}`, ...(last === undefined ? [] : [last.user_id]))
    for (const { user_id: userId } of users) {
      for (const row of db.all<Stored<'email'>>('SELECT email, sealed FROM verified_emails WHERE user_id = ?', userId)) {
        const { email } = before.read(row, ownerOf.verifiedEmail())
        const written = after.write({ email }, ownerOf.verifiedEmail())
        db.run('UPDATE verified_emails SET email = ?, sealed = ? WHERE user_id = ? AND email = ?', written.email, written.sealed, userId, row.email)
      }
    }
  } while (users.length === PAGE)
}
