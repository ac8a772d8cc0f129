import type { FastifyInstance } from 'fastify'
import { requireLocalHost } from '../src/local-host.js'

/**
 * Serves the messages of the `log` senders, newest last, so that developers and scripts can read the codes. Never
 * register it in production.
 */
export default async function devOutboxRoutes (app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', requireLocalHost)
  app.get('/dev/outbox', { config: { secondFactor: false } }, async () => app.outbox.entries())
}
