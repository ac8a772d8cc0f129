import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../src/index.js'
import { generateKey } from '../../src/signing-keys/generate.js'
import { testCore } from '../helper.js'

const [OLD, NEW] = ['an-old-secret-of-the-orders-service-1', 'the-new-secret-of-the-orders-service-2']
const PROXY = ['an-old-secret-of-the-proxy-number-one', 'the-new-secret-of-the-proxy-number-two'] as const
const first = { keys: [generateKey()] }

async function start (t: Test, options: Fastify2faOptions) {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, ...options })
  await app.ready()
  return app
}

const forwardAuth = { origins: ['http://localhost:8080'], proxySecret: PROXY[0] }
const options = { serviceClients: [{ id: 'orders', secrets: [OLD] }], signingKeys: first, forwardAuth } satisfies Fastify2faOptions

t.test('secrets change while the app runs, and the old ones are worth nothing then', async (t) => {
  const app = await start(t, options)
  const introspect = async (secret: string) => (await app.inject({ method: 'POST', url: '/auth/introspect', payload: 'token=x', headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${secret}` } })).statusCode
  const verify = async (secret: string) => (await app.inject({ url: '/verify/nginx', headers: { 'x-forward-auth-secret': secret, 'x-original-method': 'GET', 'x-original-url': 'http://localhost:8080/' } })).statusCode
  t.strictSame([await introspect(OLD), await introspect(NEW), await verify(PROXY[0]), await verify(PROXY[1])], [200, 401, 401, 403])

  await app.twoFactor.reload({ serviceClients: [{ id: 'orders', secrets: [NEW, OLD] }], forwardAuth: { ...forwardAuth, proxySecret: [...PROXY] } })
  t.strictSame([await introspect(OLD), await introspect(NEW), await verify(PROXY[0]), await verify(PROXY[1])], [200, 200, 401, 401], 'both, while clients change over')

  await app.twoFactor.reload({ serviceClients: [{ id: 'orders', secrets: [NEW] }], forwardAuth: { ...forwardAuth, proxySecret: PROXY[1] } })
  t.strictSame([await introspect(OLD), await introspect(NEW), await verify(PROXY[0]), await verify(PROXY[1])], [401, 200, 403, 401])
})
