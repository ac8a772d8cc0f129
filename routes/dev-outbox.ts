import type { FastifyInstance } from 'fastify'
import { requireLocalHost } from '../src/local-host.js'
import { neverStored } from '../src/no-store.js'
import { OPEN_ROUTE } from '../src/session/open-route.js'

/**
 * Serves the messages of the `log` senders, newest last, so that developers and scripts can read the codes. Never
 * register it in production.
 */
export default async function devOutboxRoutes (app: FastifyInstance): Promise<void> {
  neverStored(app)
  app.addHook('onRequest', requireLocalHost)
  app.get('/dev/outbox', { config: OPEN_ROUTE }, async () => app.twoFactor.outbox.entries())
}
