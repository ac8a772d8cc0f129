import type { FastifyInstance } from 'fastify'

/** For orchestrators: `/health` says that the process lives, `/ready` that it can serve. */
export default async function healthRoutes (app: FastifyInstance): Promise<void> {
  app.get('/health', async () => ({ status: 'ok' }))

  app.get('/ready', async (_request, reply) => {
    const reachable = await app.core.isReachable()
    if (!reachable) reply.code(503)
    return { status: reachable ? 'ok' : 'unavailable', core: reachable ? 'reachable' : 'unreachable' }
  })
}
