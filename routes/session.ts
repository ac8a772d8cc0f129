import { getUser } from 'supertokens-node'
import type { FastifyInstance } from 'fastify'
import { neverStored } from '../src/no-store.js'
import { describedAs } from '../src/openapi/described.js'
import { sessionOf } from '../src/session/request-session.js'
import { require2FA } from '../src/session/standalone.js'

/** Information about the signed-in user. */
export default async function sessionRoutes (app: FastifyInstance): Promise<void> {
  neverStored(app)

  // Path and shape follow a convention of SuperTokens' demo frontends.
  app.get('/sessioninfo', { config: describedAs('GET /sessioninfo'), preHandler: require2FA }, async (request) => {
    const session = sessionOf(request)
    return { sessionHandle: session.getHandle(), userId: session.getUserId(), accessTokenPayload: session.getAccessTokenPayload() }
  })

  app.get('/me', { config: describedAs('GET /me'), preHandler: require2FA }, async (request) => {
    const session = sessionOf(request)
    const user = await getUser(session.getUserId())
    const { phoneNumber, phoneNumberHint } = session.getAccessTokenPayload()
    return {
      userId: session.getUserId(),
      tenantId: session.getTenantId(),
      emails: user?.emails ?? [],
      phoneNumber,
      phoneNumberHint,
      timeJoined: user?.timeJoined
    }
  })
}
