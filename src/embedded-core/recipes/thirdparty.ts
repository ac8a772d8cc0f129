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
    const [provider, providerUserId] = [call.body.string('thirdPartyId'), call.body.string('thirdPartyUserId')]
    const given = bodyOf(call.body.object('email'))
    const email = normaliseEmail(given.string('id'))
    const verified = given.boolean('isVerified')
    const tenant = call.tenant()
    stored(provider, 'thirdPartyId', WIDTHS.thirdPartyId)
    stored(providerUserId, 'thirdPartyUserId')
    stored(email, 'id')
    return signInUp(tenant, { provider, providerUserId, email, verified })
  }))

  fastify.get('/recipe/users/by-email', answer((call) => {
    const { db, id } = call.tenant()
    const email = normaliseEmail(call.query.string('email'))
    const found = findUsersBy(db, { email }, id).filter((user) => user.methods.some((method) => method.recipe === 'thirdparty' && method.email === email))
    return { status: 'OK', users: found.map(userJson) }
  }))
}
