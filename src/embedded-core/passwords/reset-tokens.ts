import { randomToken, sha256 } from '../storage/digests.js'
import type { Tenant } from '../tenants/apps.js'
import { externalIdOf } from '../users/user-ids.js'

/** A password reset: the user as the outside knows it, and the email that the token was made for. */
export interface Reset { userId: string, email: string }

/** Returns the token. Only its hash is stored. */
export function createResetToken ({ db, now, settings }: Tenant, userId: string, email: string): string {
  const token = randomToken()
  db.run('INSERT INTO reset_tokens (token_hash, user_id, email, expires_at) VALUES (?, ?, ?, ?)', sha256(token), userId, email, now() + settings.resetTokenLifetime)
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
    if (found !== undefined) db.run('UPDATE users SET password_hash = ? WHERE user_id = ? AND recipe = \'emailpassword\'', hash, found.userId)
    return outside(tenant, found)
  })
}

/** Using one token, even an expired one, uses up all tokens of that user. */
function takeToken ({ db, now }: Tenant, token: string): Reset | undefined {
  const found = db.get<{ user_id: string, email: string, expires_at: number }>('SELECT * FROM reset_tokens WHERE token_hash = ?', sha256(token))
  if (found === undefined) return undefined
  db.run('DELETE FROM reset_tokens WHERE user_id = ?', found.user_id)
  return found.expires_at < now() ? undefined : { userId: found.user_id, email: found.email }
}

function outside ({ db }: Tenant, reset: Reset | undefined): Reset | undefined {
  return reset && { ...reset, userId: externalIdOf(db, reset.userId) ?? reset.userId }
}
