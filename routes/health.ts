import type { FastifyInstance } from 'fastify'
import { PAUSE_SECONDS } from '../src/outage/circuit.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the service was asked to end and still serves. An app that ends in another way may decorate it too. */
    isLeaving?: boolean
  }
}

/** For orchestrators: `/health` says that the process lives, `/ready` that it can serve. */
export default async function healthRoutes (app: FastifyInstance): Promise<void> {
  // A process under load that is restarted for it is no help: these two are answered always.
  const config = { pressureHandler: () => {} }

  app.get('/health', { config }, async () => ({ status: 'ok' }))

  app.get('/ready', { config }, async (_request, reply) => {
    const [core, redis] = await Promise.all([app.core.isReachable(), app.limits?.isReachable?.()])
    const ready = core && redis !== false && app.isLeaving !== true
    if (!ready) reply.code(503).header('retry-after', PAUSE_SECONDS)
    return { status: app.isLeaving === true ? 'leaving' : ready ? 'ok' : 'unavailable', core: word(core), ...(redis !== undefined && { redis: word(redis) }) }
  })
}

function word (reachable: boolean): string {
  return reachable ? 'reachable' : 'unreachable'
}
