import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { createBrowserWarnings } from '../src/browser-warnings.js'
import { resolveOptions } from '../src/options/resolve.js'
import { antiCsrfOf } from '../src/session/anti-csrf.js'

export type CorsOptions = Pick<Fastify2faOptions, 'appInfo' | 'antiCsrf'>

/**
 * Request headers of SuperTokens' frontends. The SDK provides this list only once it has started, and CORS is
 * registered earlier.
 */
export const REQUEST_HEADERS = ['content-type', 'rid', 'fdi-version', 'anti-csrf', 'authorization', 'st-auth-mode']

/**
 * CORS of the service: only the configured websites, with credentials. An app with its own CORS keeps it and allows
 * {@link REQUEST_HEADERS} there. (The SDK adds the response headers of sessions to the exposed ones.)
 */
async function corsPlugin (app: FastifyInstance, options: CorsOptions): Promise<void> {
  const resolved = resolveOptions(options)
  const { apiDomain, websiteDomains } = resolved.appInfo
  const warnings = createBrowserWarnings({
    log: app.log,
    apiDomain,
    websites: websiteDomains,
    requestHeaders: REQUEST_HEADERS,
    needsRid: antiCsrfOf(resolved) === 'VIA_CUSTOM_HEADER'
  })
  app.addHook('onRequest', async ({ method, headers }) => { warnings.see(method, headers) })
  await app.register(cors, {
    origin: websiteDomains,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: REQUEST_HEADERS,
    // Without this, CORS hides from the page when to try again.
    exposedHeaders: ['retry-after'],
    maxAge: 600
  })
}

export default fp(corsPlugin, { name: 'fastify-2fa/cors', fastify: '5.x' })
