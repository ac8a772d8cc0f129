import { randomToken, sha256 } from '../storage/digests.js'
import type { Storage } from '../storage/storage.js'
import type { Tenant } from '../tenants/apps.js'
import { externalIdOf } from './user-ids.js'

/** Marks a user's email as verified, under the external id where there is one. Outlives a change of the email. */
export function setVerified (db: Storage, userId: string, email: string): void {
  markVerified(db, externalIdOf(db, userId) ?? userId, email)
}

/** `id`: as other recipes know the user. */
export function isVerified (db: Storage, id: string, email: string): boolean {
  return db.get('SELECT 1 FROM verified_emails WHERE user_id = ? AND email = ?', id, email) !== undefined
}

export function removeVerification (db: Storage, id: string, email: string): void {
  db.run('DELETE FROM verified_emails WHERE user_id = ? AND email = ?', id, email)
}

/** Returns the token. Only its hash is stored. */
export function createVerificationToken ({ db, id: tenantId, now, settings }: Tenant, id: string, email: string): string {
  const token = randomToken()
  db.run('INSERT INTO verification_tokens (token_hash, tenant_id, user_id, email, expires_at) VALUES (?, ?, ?, ?, ?)',
    sha256(token), tenantId, id, email, now() + settings.verificationTokenLifetime)
  return token
}

export function removeVerificationTokens ({ db, id: tenantId }: Tenant, id: string, email: string): void {
  db.run('DELETE FROM verification_tokens WHERE tenant_id = ? AND user_id = ? AND email = ?', tenantId, id, email)
}

/** Using one token, even an expired one, uses up all tokens of that user and email. Undefined if it proves nothing. */
export function useVerificationToken (tenant: Tenant, token: string): { userId: string, email: string } | undefined {
  const { db, id: tenantId, now } = tenant
  return db.transaction(() => {
    const found = db.get<{ user_id: string, email: string, expires_at: number }>(
      'SELECT user_id, email, expires_at FROM verification_tokens WHERE token_hash = ? AND tenant_id = ?', sha256(token), tenantId)
    if (found === undefined) return undefined
    const { user_id: userId, email } = found
    removeVerificationTokens(tenant, userId, email)
    if (found.expires_at < now()) return undefined
    markVerified(db, userId, email)
    return { userId, email }
  })
}

function markVerified (db: Storage, id: string, email: string): void {
  db.run('INSERT OR IGNORE INTO verified_emails (user_id, email) VALUES (?, ?)', id, email)
}
