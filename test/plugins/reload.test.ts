import Fastify from 'fastify'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { fastify2fa, verifyWebhookSignature, type Fastify2faOptions } from '../../src/index.js'
import { generateKey, rotate } from '../../src/signing-keys/generate.js'
import { startHttpServer } from '../delivery/sms/helper.js'
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

t.test('a sender is replaced while a message is on its way, and that one arrives', async (t) => {
  const signedWith: string[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => { release = resolve })
  const arrived: Array<() => void> = []
  const server = await startHttpServer(t, (response, { body, headers }) => {
    signedWith.push(PROXY.find((secret) => verifyWebhookSignature({ secret, body, headers })) ?? 'none')
    if (signedWith.length > 1) response.end()
    else held.then(() => response.end())
    arrived.shift()?.()
  })
  const sms = (secret: string) => ({ provider: 'webhook', url: `${server.url}/sms`, secret }) as const
  const app = await start(t, { ...options, sms: sms(PROXY[0]) })
  const isThere = new Promise<void>((resolve) => { arrived.push(resolve) })
  const first = app.twoFactor.sms.send({ to: '+14155550101', body: 'x' })
  await isThere
  await app.twoFactor.reload({ sms: sms(PROXY[1]) })
  await app.twoFactor.sms.send({ to: '+14155550101', body: 'y' })
  release()
  await first
  t.strictSame(signedWith, [...PROXY])
  await t.rejects(app.twoFactor.reload({ sms: { provider: 'webhook', url: 'http://elsewhere.example.com/', secret: 'x' } }), { code: 'AUTH_OPTIONS_INVALID' })
  await app.twoFactor.sms.send({ to: '+14155550101', body: 'z' })
  t.equal(signedWith.at(-1), PROXY[1], 'the last one that was valid')
})

t.test('what the old key signed is verified while the keys change, step by step', async (t) => {
  const app = await start(t, options)
  const { signer } = app.twoFactor
  const published = async () => createLocalJWKSet((await app.inject('/auth/fastify-2fa/jwks.json')).json())
  const terms = { typ: 'note+jwt', audience: 'shop', ttl: 60 } as const
  const old = await signer!.sign({ sub: 'u1' }, terms)
  let set = rotate(first, 'publish', 'ES256')
  for (const step of ['publish', 'sign'] as const) {
    if (step === 'sign') set = rotate(set, 'sign', 'ES256')
    await app.twoFactor.reload({ signingKeys: set })
    t.equal((await jwtVerify(old, await published())).payload.sub, 'u1', step)
    await t.resolves(jwtVerify(await signer!.sign({ sub: 'u2' }, terms), await published()))
  }
  await app.twoFactor.reload({ signingKeys: rotate(set, 'drop', 'ES256') })
  await t.rejects(jwtVerify(old, await published()), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})

t.test('reloads run one after another, and a step that fails undoes none of the others, since none was done', async (t) => {
  const app = await start(t, options)
  const done: string[] = []
  app.twoFactor.onReload(async () => {
    done.push('prepared')
    await Promise.resolve()
    return () => { done.push('in place') }
  })
  let isBroken = false
  app.twoFactor.onReload(() => { if (isBroken) throw new Error('no space') })
  await Promise.all([app.twoFactor.reload(), app.twoFactor.reload()])
  t.strictSame(done.splice(0), ['prepared', 'in place', 'prepared', 'in place'])
  isBroken = true
  await t.rejects(app.twoFactor.reload(), { message: 'no space' })
  t.strictSame(done.splice(0), ['prepared'])
  isBroken = false
  await app.twoFactor.reload()
  t.strictSame(done, ['prepared', 'in place'])
})

t.test('streams of events end when clients change: whoever reads may no longer be one', async (t) => {
  const app = await start(t, options)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const open = async (secret: string) => await fetch(`${address}/auth/events`, { headers: { authorization: `Bearer ${secret}` } })
  const stream = await open(OLD)
  t.equal(stream.status, 200)
  await app.twoFactor.reload({ serviceClients: [{ id: 'orders', secrets: [NEW] }] })
  await t.rejects(stream.text())
  t.equal((await open(OLD)).status, 401)
  const again = await open(NEW)
  t.equal(again.status, 200)
  await again.body?.cancel()
})
