import type { FastifyInstance } from 'fastify'
import { markActive } from '../users/activity.js'
import { badRequest } from '../http/refusals.js'
import { createSession, liveSession, refreshSession, regenerateToken, unauthorised, verifySession } from '../sessions/flows.js'
import { refuseProtectedClaims } from '../sessions/tokens.js'
import { handlesOf, linkedIds, removeSessions, tenantOfHandle } from '../sessions/sessions.js'
import { answer, tenantOf, type Call } from '../http/transport.js'

const NO_SESSION = unauthorised('Session does not exist.')

export async function session (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/session', answer(createSession))
  fastify.get('/recipe/session', answer((call) => {
    const handle = call.query.string('sessionHandle')
    const found = liveSession(call.app(), handle)
    return found === undefined
      ? NO_SESSION
      : {
          status: 'OK',
          sessionHandle: handle,
          userId: found.userId,
          recipeUserId: found.recipeUserId,
          userDataInDatabase: found.data,
          userDataInJWT: found.payload,
          expiry: found.expiresAt,
          timeCreated: found.createdAt,
          tenantId: found.tenantId
        }
  }))
  fastify.post('/recipe/session/verify', answer(verifySession))
  fastify.post('/recipe/session/refresh', answer(refreshSession))
  fastify.post('/recipe/session/regenerate', answer(regenerateToken))
  fastify.post('/recipe/session/remove', answer(removeSession))
  fastify.get('/recipe/session/user', answer((call) => {
    const userId = call.query.string('userId')
    const flag = (name: string) => call.query.optional(name)?.toLowerCase() ?? 'true'
    const everywhere = flag('fetchAcrossAllTenants') === 'true'
    const { db, now } = everywhere ? call.publicApp() : call.tenant()
    const ids = flag('fetchSessionsForAllLinkedAccounts') === 'true' ? linkedIds(db, userId) : [userId]
    return { status: 'OK', sessionHandles: handlesOf(db, ids, now(), everywhere ? undefined : call.target.tenantId) }
  }))
  dataRoutes(fastify, '/recipe/session/data', 'data', 'userDataInDatabase')
  dataRoutes(fastify, '/recipe/jwt/data', 'payload', 'userDataInJWT')
}

/** Data of a session, in the database or for the token: read or replaced as a whole. */
function dataRoutes (fastify: FastifyInstance, path: string, column: 'data' | 'payload', field: string): void {
  fastify.get(path, answer((call) => {
    const found = liveSession(call.app(), call.query.string('sessionHandle'))
    return found === undefined ? NO_SESSION : { status: 'OK', [field]: found[column] }
  }))
  fastify.put(path, answer((call) => {
    const handle = call.body.string('sessionHandle')
    const data = call.body.object(field)
    const app = call.app()
    tenantOf(app, tenantOfHandle(handle))
    if (column === 'payload') refuseProtectedClaims(data)
    const changed = app.db.run(`UPDATE sessions SET ${column} = ? WHERE handle = ? AND expires_at > ?`, JSON.stringify(data), handle, app.now())
    return changed === 1 ? { status: 'OK' } : NO_SESSION
  }))
}

function removeSession (call: Call): object {
  const { body } = call
  const userId = body.optionalString('userId')
  const handles = body.optionalStrings('sessionHandles')
  if ((userId === undefined) === (handles === undefined)) throw badRequest('Invalid JSON input - use one of userId or sessionHandles array')
  const option = (name: string) => {
    const value = body.optionalBoolean(name)
    if (value !== undefined && userId === undefined) throw badRequest(`Invalid JSON input - ${name} can only be set if userId is set`)
    return value ?? true
  }
  const everywhere = option('revokeAcrossAllTenants')
  const linked = option('revokeSessionsForLinkedAccounts')

  if (userId === undefined) {
    const app = call.app()
    for (const handle of handles as string[]) tenantOf(app, tenantOfHandle(handle))
    return { status: 'OK', sessionHandlesRevoked: removeSessions(app.db, handles as string[]) }
  }
  const { db, now } = everywhere ? call.publicApp() : call.tenant()
  const ids = linked ? linkedIds(db, userId) : [userId]
  return db.transaction(() => {
    markActive(db, userId, now())
    return { status: 'OK', sessionHandlesRevoked: removeSessions(db, handlesOf(db, ids, now(), everywhere ? undefined : call.target.tenantId)) }
  })
}
