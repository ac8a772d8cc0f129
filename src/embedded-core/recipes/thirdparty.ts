import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { bodyOf } from '../input/body.js'
import { stored, WIDTHS } from '../input/widths.js'
import { findUsersBy } from '../users/accounts.js'
import { normaliseEmail } from '../users/normalise.js'
import { signInUp } from '../users/third-party.js'
import { userJson } from '../users/user-json.js'

export async function thirdParty (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/signinup', answer((call) => {
    const provider = stored(call.body.string('thirdPartyId'), 'thirdPartyId', WIDTHS.thirdPartyId)
    const providerUserId = stored(call.body.string('thirdPartyUserId'), 'thirdPartyUserId')
    const given = bodyOf(call.body.object('email'))
    const email = stored(normaliseEmail(given.string('id')), 'id')
    const verified = given.boolean('isVerified')
    return signInUp(call.tenant(), { provider, providerUserId, email, verified })
  }))

  fastify.get('/recipe/users/by-email', answer((call) => {
    const { db, id } = call.tenant()
    const email = normaliseEmail(call.query.string('email'))
    const found = findUsersBy(db, { email }, id).filter((user) => user.methods.some((method) => method.recipe === 'thirdparty' && method.email === email))
    return { status: 'OK', users: found.map(userJson) }
  }))
}
