import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { REQUEST_HEADERS } from 'fastify-2fa'
import fp from 'fastify-plugin'

/** Pages of the websites alone read answers. Preflights have no session, and are answered before any guard. */
async function crossOrigin (app: FastifyInstance): Promise<void> {
  await app.register(cors, { origin: app.config.WEBSITE_DOMAINS, methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], credentials: true, allowedHeaders: REQUEST_HEADERS })
}

export default fp(crossOrigin, { name: 'cors' })
