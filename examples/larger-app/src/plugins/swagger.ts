import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { describeRoutes, SECURITY_SCHEMES } from 'fastify-2fa/openapi'
import fp from 'fastify-plugin'

/** Sees only the routes that are declared after it: those of fastify-2fa too. */
async function openApi (app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Shop', version: '1.0.0' }, components: { securitySchemes: SECURITY_SCHEMES } },
    transform: describeRoutes({ tags: ['Sign-in'] })
  })
}

export default fp(openApi, { name: 'swagger' })
