import { randomToken, sha256 } from '../storage/digests.js'
import { ownerOf } from '../storage/owners.js'
import type { Tenant } from '../tenants/apps.js'
import { findLogin, setPasswordHash } from '../users/accounts.js'
import { externalIdOf } from '../users/user-ids.js'

/** A password reset: the user as the outside knows it, and the email that the token was made for. */
export interface Reset { userId: string, email: string }

/** Returns the token. Only its hash is stored. */
export function createResetToken ({ db, now, settings }: Tenant, userId: string, email: string): string {
  const token = randomToken()
  const hash = sha256(token)
  db.run('INSERT INTO reset_tokens (token_hash, user_id, email, expires_at) VALUES (?, ?, ?, ?)',
    hash, userId, db.personal.seal(email, ownerOf.resetToken(hash, userId)), now() + settings.resetTokenLifetime)
  return token
}

/** The id of the user whom a token was made for, even if it has expired. */
export function ownerOfToken ({ db }: Tenant, token: string): string | undefined {
  return db.get<{ user_id: string }>('SELECT user_id FROM reset_tokens WHERE token_hash = ?', sha256(token))?.user_id
}

/** Uses a token up. Undefined if there is no such token or it has expired. */
export function consumeResetToken (tenant: Tenant, token: string): Reset | undefined {
  return tenant.db.transaction(() => outside(tenant, takeToken(tenant, token)))
}

/** Uses a token up and replaces the password. Undefined, as above, if the token is of no use. */
export function resetPassword (tenant: Tenant, token: string, hash: string): Reset | undefined {
  const { db } = tenant
  return db.transaction(() => {
    const found = takeToken(tenant, token)
    if (found !== undefined && findLogin(db, found.userId)?.method.recipe === 'emailpassword') setPasswordHash(db, found.userId, hash)
    return outside(tenant, found)
  })
}

/** Using one token, even an expired one, uses up all tokens of that user. */
function takeToken ({ db, now }: Tenant, token: string): Reset | undefined {
  const hash = sha256(token)
  const found = db.get<{ user_id: string, email: string, expires_at: number }>('SELECT * FROM reset_tokens WHERE token_hash = ?', hash)
  if (found === undefined) return undefined
  db.run('DELETE FROM reset_tokens WHERE user_id = ?', found.user_id)
  return found.expires_at < now() ? undefined : { userId: found.user_id, email: db.personal.open(found.email, ownerOf.resetToken(hash, found.user_id)) }
}

function outside ({ db }: Tenant, reset: Reset | undefined): Reset | undefined {
  return reset && { ...reset, userId: externalIdOf(db, reset.userId) ?? reset.userId }
}
