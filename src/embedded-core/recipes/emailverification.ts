import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import { badRequest } from '../input/refusals.js'
import { stored, WIDTHS } from '../input/widths.js'
import { createVerificationToken, isVerified, removeVerification, removeVerificationTokens, useVerificationToken } from '../users/email-verification.js'
import { normaliseEmail } from '../users/normalise.js'

export async function emailVerification (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/user/email/verify/token', answer((call) => {
    const { userId, email } = userAndEmail(call)
    const tenant = call.tenant()
    stored(userId, 'userId', WIDTHS.userId)
    stored(email, 'email')
    if (isVerified(tenant.db, userId, email)) return { status: 'EMAIL_ALREADY_VERIFIED_ERROR' }
    return { status: 'OK', token: createVerificationToken(tenant, userId, email) }
  }))

  fastify.post('/recipe/user/email/verify', answer((call) => {
    const method = call.body.string('method')
    const token = call.body.string('token')
    if (method !== 'token') throw badRequest('Unsupported method for email verification')
    const verified = useVerificationToken(call.tenant(), token)
    return verified === undefined ? { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' } : { status: 'OK', ...verified }
  }))

  fastify.get('/recipe/user/email/verify', answer((call) => {
    const userId = call.query.string('userId')
    const email = call.query.string('email')
    return { status: 'OK', isVerified: isVerified(call.publicApp().db, userId, email) }
  }))

  fastify.post('/recipe/user/email/verify/token/remove', answer((call) => {
    const { userId, email } = userAndEmail(call)
    removeVerificationTokens(call.tenant(), userId, email)
    return { status: 'OK' }
  }))

  fastify.post('/recipe/user/email/verify/remove', answer((call) => {
    const { userId, email } = userAndEmail(call)
    removeVerification(call.publicApp().db, userId, email)
    return { status: 'OK' }
  }))
}

function userAndEmail ({ body }: Call): { userId: string, email: string } {
  return { userId: body.string('userId'), email: normaliseEmail(body.string('email')) }
}
