import type { FastifyInstance } from 'fastify'
import { deleteUser } from 'supertokens-node'
import { requireLocalHost } from '../local-host.js'
import { OPEN_ROUTE } from '../session/open-route.js'
import { sessionOf } from '../session/request-session.js'
import { verifySession } from '../session/standalone.js'
import { advance, resetClock } from '../testing/clock.js'

/**
 * Begins anew, and lets time pass. Both change something, so another website must not be able to call them: a browser
 * sends JSON elsewhere only after a preflight, which CORS grants to the configured websites alone (CSRF).
 */
export default async function devRoutes (app: FastifyInstance, { steps }: { steps: Record<string, number> }): Promise<void> {
  app.addHook('onRequest', requireLocalHost)
  // A form of another site can send text without a preflight.
  app.removeContentTypeParser('text/plain')

  // Removes a pinned phone together with its account, so it must never exist in production.
  app.post('/dev/forget-me', {
    schema: { body: { type: 'object' } },
    preHandler: verifySession({ sessionRequired: false, overrideGlobalClaimValidators: () => [] }),
    config: { secondFactor: false }
  }, async (request) => {
    const session = sessionOf(request)
    if (session === undefined) return { status: 'NO_SESSION' }
    await session.revokeSession()
    // SuperTokens' user of the phone stays: other accounts may have the same number.
    await deleteUser(session.getUserId())
    return { status: 'OK' }
  })

  app.get('/dev/clock', { config: OPEN_ROUTE }, async () => ({ now: new Date().toISOString() }))

  if (Object.keys(steps).length === 0) return
  app.post<{ Body: { by: string } }>('/dev/clock', {
    schema: { body: { type: 'object', required: ['by'], properties: { by: { enum: Object.keys(steps) } } } },
    config: OPEN_ROUTE
  }, async ({ body: { by } }) => {
    advance(steps[by] as number)
    return { now: new Date().toISOString() }
  })
  app.addHook('onClose', async () => { resetClock() })
}
