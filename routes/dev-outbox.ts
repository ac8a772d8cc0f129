import type { FastifyInstance } from 'fastify'

/** The messages of the `log` senders, newest last: how a person or a script gets at the codes. Never registered in production. */
export default async function devOutboxRoutes (app: FastifyInstance): Promise<void> {
  app.get('/dev/outbox', async () => app.outbox.entries())
}
