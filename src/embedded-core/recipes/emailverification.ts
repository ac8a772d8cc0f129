import type { FastifyInstance } from 'fastify'
import { randomToken, sha256 } from '../storage/digests.js'
import { normaliseEmail } from '../users/normalise.js'
import { badRequest } from '../http/refusals.js'
import type { Storage } from '../storage/storage.js'
import { answer, type Call } from '../http/transport.js'

export async function emailVerification (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/user/email/verify/token', answer((call) => {
    const { userId, email } = userAndEmail(call)
    const { db, id, now, settings } = call.tenant()
    if (isVerified(db, userId, email)) return { status: 'EMAIL_ALREADY_VERIFIED_ERROR' }
    const token = randomToken()
    db.run('INSERT INTO verification_tokens (token_hash, tenant_id, user_id, email, expires_at) VALUES (?, ?, ?, ?, ?)',
      sha256(token), id, userId, email, now() + settings.verificationTokenLifetime)
    return { status: 'OK', token }
  }))

  fastify.post('/recipe/user/email/verify', answer((call) => {
    const method = call.body.string('method')
    const token = call.body.string('token')
    if (method !== 'token') throw badRequest('Unsupported method for email verification')
    const { db, id, now } = call.tenant()
    return db.transaction(() => {
      const found = db.get<{ user_id: string, email: string, expires_at: number }>(
        'SELECT user_id, email, expires_at FROM verification_tokens WHERE token_hash = ? AND tenant_id = ?', sha256(token), id)
      if (found === undefined) return { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }
      const { user_id: userId, email } = found
      db.run('DELETE FROM verification_tokens WHERE tenant_id = ? AND user_id = ? AND email = ?', id, userId, email)
      if (found.expires_at < now()) return { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }
      db.run('INSERT OR IGNORE INTO verified_emails (user_id, email) VALUES (?, ?)', userId, email)
      return { status: 'OK', userId, email }
    })
  }))

  fastify.get('/recipe/user/email/verify', answer((call) => {
    const userId = call.query.string('userId')
    const email = call.query.string('email')
    return { status: 'OK', isVerified: isVerified(call.publicApp().db, userId, email) }
  }))

  fastify.post('/recipe/user/email/verify/token/remove', answer((call) => {
    const { userId, email } = userAndEmail(call)
    const { db, id } = call.tenant()
    db.run('DELETE FROM verification_tokens WHERE tenant_id = ? AND user_id = ? AND email = ?', id, userId, email)
    return { status: 'OK' }
  }))

  fastify.post('/recipe/user/email/verify/remove', answer((call) => {
    const { userId, email } = userAndEmail(call)
    call.publicApp().db.run('DELETE FROM verified_emails WHERE user_id = ? AND email = ?', userId, email)
    return { status: 'OK' }
  }))
}

function userAndEmail ({ body }: Call): { userId: string, email: string } {
  return { userId: body.string('userId'), email: normaliseEmail(body.string('email')) }
}

function isVerified (db: Storage, userId: string, email: string): boolean {
  return db.get('SELECT 1 FROM verified_emails WHERE user_id = ? AND email = ?', userId, email) !== undefined
}
