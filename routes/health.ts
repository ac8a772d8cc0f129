import type { FastifyInstance } from 'fastify'
import { neverStored } from '../src/no-store.js'
import { describedAs } from '../src/openapi/described.js'
import { PAUSE_SECONDS } from '../src/outage/circuit.js'
import { createReadiness } from '../src/outage/readiness.js'
import { OPEN_ROUTE } from '../src/session/open-route.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the service was asked to stop and is still serving. Apps with their own shutdown may decorate it too. */
    isLeaving?: boolean
  }
}

/** For orchestrators: `/health` reports that the process is alive, `/ready` that it can serve. */
export default async function healthRoutes (app: FastifyInstance): Promise<void> {
  // Always answer these two: restarting a process because it is under load does not help.
  const always = { ...OPEN_ROUTE, pressureHandler: () => {} }

  neverStored(app)
  const reasonsAgainst = createReadiness(app)

  app.get('/health', { config: { ...always, ...describedAs('GET /health') } }, async () => ({ status: 'ok' }))

  app.get('/ready', { config: { ...always, ...describedAs('GET /ready') } }, async (_request, reply) => {
    const reasons = await reasonsAgainst()
    if (reasons.length === 0) return { status: 'ok', reasons }
    return await reply.code(503).header('retry-after', PAUSE_SECONDS).send({ status: 'unavailable', reasons })
  })
}
