import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import { badRequest } from '../input/refusals.js'
import { stored, WIDTHS } from '../input/widths.js'
import { createSession, refreshSession, regenerateToken, unauthorised, verifySession } from '../sessions/flows.js'
import { handlesOf, linkedIds, liveSession, removeSessions, replaceData, tenantOfHandle } from '../sessions/sessions.js'
import { refuseProtectedClaims } from '../sessions/tokens.js'
import { tenantOf } from '../tenants/lookup.js'
import { markActive } from '../users/activity.js'

const NO_SESSION = unauthorised('Session does not exist.')

export async function session (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/session', answer(async (call) => {
    const { body } = call
    const userId = body.string('userId')
    const enableAntiCsrf = body.boolean('enableAntiCsrf')
    const payload = body.object('userDataInJWT')
    const data = body.object('userDataInDatabase')
    const tenant = call.tenant()
    const staticKey = body.optionalBoolean('useDynamicSigningKey') === false
    stored(userId, 'userId', WIDTHS.userId)
    return await createSession(tenant, { userId, enableAntiCsrf, payload, data, staticKey })
  }))

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

  fastify.post('/recipe/session/verify', answer(async (call) => {
    const { body } = call
    const token = body.string('accessToken')
    const antiCsrfToken = body.optionalString('antiCsrfToken')
    const [doCheck, enabled] = [body.boolean('doAntiCsrfCheck'), body.boolean('enableAntiCsrf')]
    const app = call.app()
    const checkDatabase = body.boolean('checkDatabase')
    return await verifySession(app, { token, antiCsrfToken, checkAntiCsrf: doCheck && enabled, checkDatabase })
  }))

  fastify.post('/recipe/session/refresh', answer(async (call) => {
    const { body } = call
    const token = body.string('refreshToken')
    const antiCsrfToken = body.optionalString('antiCsrfToken')
    const enableAntiCsrf = body.boolean('enableAntiCsrf')
    const staticKey = !body.boolean('useDynamicSigningKey')
    return await refreshSession(call.tenant().app, { token, antiCsrfToken, enableAntiCsrf, staticKey })
  }))

  fastify.post('/recipe/session/regenerate', answer(async (call) => {
    const token = call.body.string('accessToken')
    const payload = call.body.optionalObject('userDataInJWT')
    return await regenerateToken(call.app(), token, payload)
  }))

  fastify.post('/recipe/session/remove', answer(remove))

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

/** Reads or replaces a session's data in the database, or the data for its access tokens. */
function dataRoutes (fastify: FastifyInstance, path: string, column: 'data' | 'payload', field: string): void {
  fastify.get(path, answer((call) => {
    const handle = call.query.string('sessionHandle')
    const found = liveSession(call.app(), handle)
    return found === undefined ? NO_SESSION : { status: 'OK', [field]: found[column] }
  }))

  fastify.put(path, answer((call) => {
    const handle = call.body.string('sessionHandle')
    const data = call.body.object(field)
    const app = call.app()
    tenantOf(app, tenantOfHandle(handle))
    if (column === 'payload') refuseProtectedClaims(data)
    return replaceData(app, handle, column, data) ? { status: 'OK' } : NO_SESSION
  }))
}

function remove (call: Call): object {
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
