import type { FastifyInstance } from 'fastify'
import { createMethod, findMethod, findUser, findUsersBy, publicId, userJson, type LoginMethod, type User } from '../users/accounts.js'
import { markActive } from '../users/activity.js'
import { bodyOf } from '../http/input.js'
import { mayTake } from '../users/linking.js'
import { normaliseEmail } from '../users/normalise.js'
import { answer } from '../http/transport.js'
import { setVerified } from '../users/email-verification.js'

export async function thirdParty (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/signinup', answer((call) => {
    const provider = call.body.string('thirdPartyId')
    const providerUserId = call.body.string('thirdPartyUserId')
    const given = bodyOf(call.body.object('email'))
    const email = normaliseEmail(given.string('id'))
    const verified = given.boolean('isVerified')
    const { db, id, now } = call.tenant()

    return db.transaction(() => {
      const existing = findMethod(db, 'thirdparty', id, { provider, providerUserId })
      const userId = existing ?? createMethod(db, [id], { recipe: 'thirdparty', timeJoined: now(), email, provider, providerUserId })
      if (!mayTake(db, findUser(db, userId) as User, { email })) {
        return { status: 'EMAIL_CHANGE_NOT_ALLOWED_ERROR', reason: 'Email already associated with another primary user.' }
      }
      // The provider's account has one email, whichever tenants it signs in to.
      db.run('UPDATE users SET email = ? WHERE provider = ? AND provider_user_id = ? AND email <> ?', email, provider, providerUserId, email)
      // Verified once is verified: a provider that says otherwise later takes nothing back.
      if (verified) setVerified(db, userId, email)
      const user = findUser(db, userId) as User
      markActive(db, user.id, now())
      const method = user.methods.find((candidate) => candidate.userId === userId) as LoginMethod
      return { status: 'OK', createdNewUser: existing === undefined, user: userJson(user), recipeUserId: publicId(method) }
    })
  }))

  fastify.get('/recipe/users/by-email', answer((call) => {
    const { db, id } = call.tenant()
    const email = normaliseEmail(call.query.string('email'))
    const found = findUsersBy(db, { email }, id).filter((user) => user.methods.some((method) => method.recipe === 'thirdparty' && method.email === email))
    return { status: 'OK', users: found.map(userJson) }
  }))
}
