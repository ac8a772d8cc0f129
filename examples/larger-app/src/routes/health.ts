import type { FastifyInstance } from 'fastify'

/** For load balancers, which have no session. It says nothing of anybody. */
export default async function health (app: FastifyInstance): Promise<void> {
  app.get('/health', { config: { secondFactor: false } }, async (_request, reply) => {
    const ok = await app.db.query('select 1').then(() => true, () => false)
    return reply.code(ok ? 200 : 503).send({ ok })
  })
}
