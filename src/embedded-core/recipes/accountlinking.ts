import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { badRequest } from '../input/refusals.js'
import { handlesOf, removeSessions } from '../sessions/sessions.js'
import type { Storage } from '../storage/storage.js'
import type { App } from '../tenants/apps.js'
import { findUser, publicId, type User } from '../users/accounts.js'
import { markLinked } from '../users/activity.js'
import { checkLink, checkPrimary, link, makePrimary, unlink } from '../users/linking.js'
import { internalIdOf } from '../users/user-ids.js'
import { userJson } from '../users/user-json.js'

export async function accountLinking (fastify: FastifyInstance): Promise<void> {
  fastify.get('/recipe/accountlinking/user/primary/check', answer((call) => {
    const given = call.query.string('recipeUserId')
    const { db } = call.publicApp()
    const userId = knownId(db, given)
    return checkPrimary(db, userId, userOf(db, userId)) ?? { status: 'OK', wasAlreadyAPrimaryUser: userOf(db, userId).isPrimary }
  }))

  fastify.post('/recipe/accountlinking/user/primary', answer((call) => {
    const given = call.body.string('recipeUserId')
    const { db } = call.publicApp()
    return db.transaction(() => {
      const userId = knownId(db, given)
      const { isPrimary: wasAlreadyAPrimaryUser } = userOf(db, userId)
      const refusal = checkPrimary(db, userId, userOf(db, userId))
      if (refusal !== undefined) return refusal
      makePrimary(db, userId)
      return { status: 'OK', wasAlreadyAPrimaryUser, user: userJson(userOf(db, userId)) }
    })
  }))

  fastify.get('/recipe/accountlinking/user/link/check', answer((call) => {
    const [recipe, primary] = [call.query.string('recipeUserId'), call.query.string('primaryUserId')]
    const { db } = call.publicApp()
    const [recipeUser, primaryUser] = [userOf(db, knownId(db, recipe)), userOf(db, knownId(db, primary))]
    return checkLink(db, recipeUser, primaryUser) ?? { status: 'OK', accountsAlreadyLinked: recipeUser.id === primaryUser.id }
  }))

  fastify.post('/recipe/accountlinking/user/link', answer((call) => {
    const [recipe, primary] = [call.body.string('recipeUserId'), call.body.string('primaryUserId')]
    const app = call.publicApp()
    const { db } = app
    return db.transaction(() => {
      const [recipeUser, primaryUser] = [userOf(db, knownId(db, recipe)), userOf(db, knownId(db, primary))]
      const refusal = checkLink(db, recipeUser, primaryUser)
      if (refusal !== undefined) return 'primaryUserId' in refusal && refusal.status.startsWith('RECIPE') ? { ...refusal, user: userJson(recipeUser) } : refusal
      const accountsAlreadyLinked = recipeUser.id === primaryUser.id
      if (!accountsAlreadyLinked) {
        link(db, recipeUser.id, primaryUser.id)
        endSessions(app, publicId(recipeUser))
        markLinked(db, recipeUser.id, primaryUser.id, app.now())
      }
      return { status: 'OK', accountsAlreadyLinked, user: userJson(userOf(db, primaryUser.id)) }
    })
  }))

  fastify.post('/recipe/accountlinking/user/unlink', answer((call) => {
    const given = call.body.string('recipeUserId')
    const app = call.publicApp()
    const { db } = app
    return db.transaction(() => {
      const userId = knownId(db, given)
      const user = userOf(db, userId)
      const method = user.methods.find((candidate) => candidate.userId === userId)
      if (!user.isPrimary || method === undefined) return { status: 'OK', wasRecipeUserDeleted: false, wasLinked: false }
      const wasRecipeUserDeleted = unlink(db, user, method)
      endSessions(app, publicId(method))
      return { status: 'OK', wasRecipeUserDeleted, wasLinked: true }
    })
  }))
}

function knownId (db: Storage, id: string): string {
  const userId = internalIdOf(db, id)
  if (userId === undefined) throw badRequest('Unknown user ID provided')
  return userId
}

function userOf (db: Storage, userId: string): User {
  return findUser(db, userId) as User
}

function endSessions ({ db, now }: App, id: string): void {
  removeSessions(db, handlesOf(db, [id], now()))
}
