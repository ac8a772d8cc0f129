import type { FastifyInstance } from 'fastify'
import { neverStored } from '../src/no-store.js'
import { describedAs } from '../src/openapi/described.js'
import { joinPaths } from '../src/options/auth-path.js'
import { OPEN_ROUTE } from '../src/session/open-route.js'

/**
 * Says what this is to somebody who opens the service's own address, or leads on to the hosted pages. It tells nothing of
 * the settings.
 */
export default async function rootRoutes (app: FastifyInstance): Promise<void> {
  neverStored(app)
  const { pages, authPath } = app.twoFactor
  // Hosted pages can be here themselves.
  if (app.hasRoute({ method: 'GET', url: joinPaths(app.prefix) || '/' })) return
  app.get('/', { config: { ...OPEN_ROUTE, ...describedAs('GET /') } }, async (_request, reply) =>
    pages === undefined
      ? { service: 'two-factor authentication', endpoints: authPath.public, health: authPath.publicPathOf(`${joinPaths(app.prefix)}/health`) }
      : await reply.redirect(pages.places.base, 302))
}
