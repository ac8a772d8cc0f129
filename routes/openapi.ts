import type {} from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { OPEN_ROUTE } from '../src/session/open-route.js'

/** The description of everything that the service answers. It says nothing of anybody. */
export default async function openApiRoutes (app: FastifyInstance): Promise<void> {
  let document: string | undefined
  app.get('/openapi.json', { config: OPEN_ROUTE }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return await reply.type('application/json; charset=utf-8').header('cache-control', 'public, no-cache').send(document)
  })
}
