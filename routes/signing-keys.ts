import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { SIGNING_KEYS } from '../plugins/names.js'
import { authPathIn } from '../src/options/auth-path.js'
import { describedAs } from '../src/openapi/described.js'
import { OPEN_ROUTE } from '../src/session/open-route.js'

/** Below the Frontend Driver Interface, and none of its paths: `/jwt/jwks.json` there has the Core's keys. */
const PATH = '/fastify-2fa/jwks.json'

/** How long caches may keep the set. Each step of a rotation waits longer (`docs/signing-keys.md`). */
const CACHE_SECONDS = 300

/** The public keys of what the service signs itself (RFC 7517). */
async function signingKeysRoutes (app: FastifyInstance): Promise<void> {
  const { signer } = app.twoFactor
  if (signer === undefined) return
  app.get(authPathIn(app) + PATH, { config: { ...OPEN_ROUTE, ...describedAs(`GET ${PATH}`) } }, async (_request, reply) =>
    reply.header('cache-control', `public, max-age=${CACHE_SECONDS}`).type('application/jwk-set+json').serializer(JSON.stringify).send(signer.jwks))
}

export default fp(signingKeysRoutes, { name: 'fastify-2fa/signing-keys-routes', fastify: '5.x', encapsulate: true, dependencies: [SIGNING_KEYS] })
