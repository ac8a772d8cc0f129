import type { FastifyInstance } from 'fastify'
import { requireLocalHost } from '../src/local-host.js'
import { neverStored } from '../src/no-store.js'
import { sessionOf } from '../src/session/request-session.js'
import { require2FA, verifySession } from '../src/session/standalone.js'

/** One route for each way to guard, to copy from and to test a frontend with. */
export default async function exampleRoutes (app: FastifyInstance): Promise<void> {
  const { claim } = app.twoFactor.secondFactor
  neverStored(app)
  app.addHook('onRequest', requireLocalHost)

  app.get('/examples/second-factor', { preHandler: require2FA }, async (request) => ({ userId: sessionOf(request).getUserId() }))

  app.get('/examples/fresh-second-factor', {
    preHandler: require2FA,
    config: { secondFactor: { maxAge: '5m' } }
  }, async (request) => ({ userId: sessionOf(request).getUserId() }))

  // Opts out of the global check, for pages that users see between password and code.
  app.get('/examples/session', {
    preHandler: verifySession({ overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== claim.key) }),
    config: { secondFactor: false }
  }, async (request) => ({ userId: sessionOf(request).getUserId(), secondFactor: await sessionOf(request).getClaimValue(claim) === true }))

  app.get('/examples/optional-session', {
    preHandler: verifySession({ sessionRequired: false, overrideGlobalClaimValidators: () => [] }),
    config: { secondFactor: false }
  }, async (request) => ({ userId: sessionOf(request)?.getUserId() ?? null }))

  app.get('/examples/admin', {
    preHandler: require2FA,
    config: { secondFactor: { roles: ['admin'] } }
  }, async (request) => ({ userId: sessionOf(request).getUserId() }))

  app.get('/examples/permission', {
    preHandler: require2FA,
    config: { secondFactor: { permissions: ['posts:write'] } }
  }, async (request) => ({ userId: sessionOf(request).getUserId() }))

  // Data in the database stays on the server. The payload is part of the token, and anyone with the browser can read it
  // (guide 003).
  app.get('/examples/session-data', { preHandler: require2FA }, async (request) => {
    const data = await sessionOf(request).getSessionDataFromDatabase() as { visits?: number }
    const visits = (data.visits ?? 0) + 1
    await sessionOf(request).updateSessionDataInDatabase({ ...data, visits })
    return { visits }
  })
}
