import Fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { generateKey } from '../../src/signing-keys/generate.js'
import { testCore } from '../helper.js'

const signingKeys = { keys: [generateKey('ES256'), generateKey('EdDSA')] }
const PATH = '/auth/fastify-2fa/jwks.json'

t.test('public keys are published for whoever verifies', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, signingKeys })
  const { statusCode, headers, body } = await app.inject(PATH)
  t.match({ statusCode, headers }, { statusCode: 200, headers: { 'cache-control': 'public, max-age=300', 'content-type': 'application/jwk-set+json' } })
  for (const { d } of signingKeys.keys) t.notMatch(body, d)
  t.notMatch((await app.inject('/auth/jwt/jwks.json')).body, signingKeys.keys[0]!.kid!, 'the Core has keys of its own')

  const { signer } = app.twoFactor
  t.equal(signer!.issuer, 'http://localhost:3000/auth')
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  const token = await signer!.sign({ sub: 'u1' }, { typ: 'note+jwt', audience: 'shop', ttl: 60 })
  await t.resolves(jwtVerify(token, createRemoteJWKSet(new URL(base + PATH)), { issuer: signer!.issuer, audience: 'shop', typ: 'note+jwt' }))
})

t.test('an app that signs nothing publishes nothing', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  t.equal((await app.inject(PATH)).statusCode, 404)
  t.equal(app.twoFactor.signer, undefined)
})
