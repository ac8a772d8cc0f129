import type { FastifyInstance } from 'fastify'
import { answer, type Asked, type Told } from '../http/call.js'
import { badRequest } from '../input/refusals.js'

export async function jwt (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/jwt', answer(async (call) => {
    const algorithm = call.body.string('algorithm').toUpperCase()
    const issuer = call.body.string('jwksDomain')
    const payload = call.body.object('payload')
    const validity = call.body.long('validity')
    if (validity <= 0) throw badRequest('validity must be greater than or equal to 0')
    const useStatic = call.body.optionalBoolean('useStaticSigningKey') !== false
    const { keys, now } = call.publicApp({ tenantFirst: true })
    if (algorithm !== 'RS256') return { status: 'UNSUPPORTED_ALGORITHM_ERROR' }
    const sign = await keys.signer(useStatic)
    const issuedAt = Math.floor(now() / 1000)
    // `iss`, `iat` and `exp` in the caller's payload override the Core's.
    const claims = { iss: issuer, iat: issuedAt, exp: Math.floor(now() / 1000 + validity), ...payload }
    return { status: 'OK', jwt: await sign({}, claims) }
  }))

  fastify.get('/recipe/jwt/jwks', answer(async (call) => ({ status: 'OK', keys: await call.publicApp({ tenantFirst: true }).keys.publicKeys() })))

  // No API key and no version: SDKs and other verifiers send neither.
  fastify.get('/.well-known/jwks.json', { config: { keyless: true, versionless: true } }, async function publicKeys (request: Asked, reply: Told) {
    return answer(async (call) => {
      const { keys } = call.app()
      reply.header('cache-control', `max-age=${await keys.cacheSeconds()}, must-revalidate`)
      return { keys: await keys.publicKeys() }
    })(request, reply)
  })
}
