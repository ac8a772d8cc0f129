import { randomToken, sha256 } from '../storage/digests.js'
import { ownerOf } from '../storage/owners.js'
import type { Stored } from '../storage/personal.js'
import type { Storage } from '../storage/storage.js'
import type { Tenant } from '../tenants/apps.js'
import { externalIdOf } from './user-ids.js'

/** Marks a user's email as verified, under the external id where there is one. Outlives a change of the email. */
export function setVerified (db: Storage, userId: string, email: string): void {
  markVerified(db, externalIdOf(db, userId) ?? userId, email)
}

/** `id`: as other recipes know the user. */
export function isVerified (db: Storage, id: string, email: string): boolean {
  return db.get('SELECT 1 FROM verified_emails WHERE user_id = ? AND email = ?', id, db.personal.index('email', email)) !== undefined
}

export function removeVerification (db: Storage, id: string, email: string): void {
  db.run('DELETE FROM verified_emails WHERE user_id = ? AND email = ?', id, db.personal.index('email', email))
}

/** Returns the token. Only its hash is stored. */
export function createVerificationToken ({ db, id: tenantId, now, settings }: Tenant, id: string, email: string): string {
  const token = randomToken()
  const hash = sha256(token)
  const stored = db.personal.write({ email }, ownerOf.verificationToken(hash))
  db.run('INSERT INTO verification_tokens (token_hash, tenant_id, user_id, email, sealed, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    hash, tenantId, id, stored.email, stored.sealed, now() + settings.verificationTokenLifetime)
  return token
}

export function removeVerificationTokens ({ db, id: tenantId }: Tenant, id: string, email: string): void {
  db.run('DELETE FROM verification_tokens WHERE tenant_id = ? AND user_id = ? AND email = ?', tenantId, id, db.personal.index('email', email))
}

/** Using one token, even an expired one, uses up all tokens of that user and email. Undefined if it proves nothing. */
export function useVerificationToken (tenant: Tenant, token: string): { userId: string, email: string } | undefined {
  const { db, id: tenantId, now } = tenant
  return db.transaction(() => {
    const hash = sha256(token)
    const found = db.get<Stored<'email'> & { user_id: string, expires_at: number }>(
      'SELECT user_id, email, sealed, expires_at FROM verification_tokens WHERE token_hash = ? AND tenant_id = ?', hash, tenantId)
    if (found === undefined) return undefined
    const { user_id: userId } = found
    const email = db.personal.read<'email'>(found, ownerOf.verificationToken(hash)).email as string
    removeVerificationTokens(tenant, userId, email)
    if (found.expires_at < now()) return undefined
    markVerified(db, userId, email)
    return { userId, email }
  })
}

function markVerified (db: Storage, id: string, email: string): void {
  const stored = db.personal.write({ email }, ownerOf.verifiedEmail())
  db.run('INSERT OR IGNORE INTO verified_emails (user_id, email, sealed) VALUES (?, ?, ?)', id, stored.email, stored.sealed)
}
