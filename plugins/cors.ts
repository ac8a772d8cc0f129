import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { createOriginWarnings } from '../src/origin-warnings.js'
import { resolveOptions } from '../src/options/resolve.js'

export type CorsOptions = Pick<Fastify2faOptions, 'appInfo'>

/**
 * Request headers of SuperTokens' frontends. The SDK provides this list only once it has started, and CORS is
 * registered earlier.
 */
export const REQUEST_HEADERS = ['content-type', 'rid', 'fdi-version', 'anti-csrf', 'authorization', 'st-auth-mode']

/**
 * CORS of the service: only the configured websites, with credentials. An app with its own CORS keeps it and allows
 * {@link REQUEST_HEADERS} there. (The SDK sets the exposed response headers itself.)
 */
async function corsPlugin (app: FastifyInstance, options: CorsOptions): Promise<void> {
  const { apiDomain, websiteDomains } = resolveOptions(options).appInfo
  const warnings = createOriginWarnings({ log: app.log, allowed: [...websiteDomains, new URL(apiDomain).origin] })
  app.addHook('onRequest', async ({ headers: { origin, host } }) => { warnings.see(origin, host) })
  await app.register(cors, {
    origin: websiteDomains,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: REQUEST_HEADERS,
    maxAge: 600
  })
}

export default fp(corsPlugin, { name: 'fastify-2fa/cors', fastify: '5.x' })
