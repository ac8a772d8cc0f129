import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'

export type CorsOptions = Pick<Fastify2faOptions, 'appInfo'>

/** What SuperTokens' frontends send. The SDK knows this list only after its start, and CORS has to be there before. */
export const REQUEST_HEADERS = ['content-type', 'rid', 'fdi-version', 'anti-csrf', 'authorization', 'st-auth-mode']

/**
 * The service's CORS: only the configured websites, with credentials. A larger app that has CORS of its own keeps it and adds
 * {@link REQUEST_HEADERS} there. (The SDK names the response headers it exposes on each answer.)
 */
async function corsPlugin (app: FastifyInstance, options: CorsOptions): Promise<void> {
  const { websiteDomains } = resolveOptions(options).appInfo
  await app.register(cors, {
    origin: websiteDomains,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: REQUEST_HEADERS,
    maxAge: 600
  })
}

export default fp(corsPlugin, { name: 'fastify-2fa/cors', fastify: '5.x' })
