import Fastify from 'fastify'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { fastify2fa, metricsRoutes, verifyWebhookSignature, type Fastify2faOptions, type MetricsEndpoint } from '../../src/index.js'
import { generateKey, rotate } from '../../src/signing-keys/generate.js'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { signUp } from '../../src/testing/index.js'
import { makeEvent } from '../audit/events.js'
import { startHttpServer } from '../delivery/sms/helper.js'
import { testCore } from '../helper.js'
import { askToSignIn, post as postPasskey, stranger, withPasskey } from '../second-factor/passkey/client.js'
import { codeOf, isIn, passByApp, post, setUp, withApp } from '../second-factor/totp.js'

const [OLD, NEW] = ['an-old-secret-of-the-orders-service-1', 'the-new-secret-of-the-orders-service-2']
const PROXY = ['an-old-secret-of-the-proxy-number-one', 'the-new-secret-of-the-proxy-number-two'] as const
const first = { keys: [generateKey()] }
const OPERATOR = ['an-old-key-of-the-operators-number-1', 'the-new-key-of-the-operators-number-2'] as const
const SCRAPER = ['an-old-key-of-the-scraper-number-one', 'the-new-key-of-the-scraper-number-two'] as const
const FACTOR = ['an-old-key-of-the-factors-number-one', 'the-new-key-of-the-factors-number-two'] as const
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

async function register (t: Test, options: Fastify2faOptions, metricsEndpoint: MetricsEndpoint = {}) {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, ...options })
  await app.register(metricsRoutes, metricsEndpoint)
  return app
}

async function start (...given: Parameters<typeof register>) {
  const app = await register(...given)
  await app.ready()
  return app
}

const forwardAuth = { origins: ['http://localhost:8080'], proxySecret: PROXY[0] }
const options = {
  serviceClients: [{ id: 'orders', secrets: [OLD] }],
  signingKeys: first,
  forwardAuth,
  metrics: true,
  admin: { keys: [{ name: 'ops', role: 'reader', secrets: [OPERATOR[0]] }] },
  secondFactors: ['sms', 'totp', 'passkey'],
  passkeySignIn: true,
  factorKeys: [FACTOR[0]]
} satisfies Fastify2faOptions

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

const callersOf = (app: Awaited<ReturnType<typeof start>>) => ({
  administer: async (key: string) => (await app.inject({ url: '/admin/v1/stats', headers: bearer(key) })).statusCode,
  scrape: async (key: string) => (await app.inject({ url: '/metrics', headers: bearer(key) })).statusCode
})

t.test('keys of the admin API and of the metrics are replaced, by both and then the new one', async (t) => {
  const app = await start(t, options, { key: SCRAPER[0] })
  const { administer, scrape } = callersOf(app)
  const state = async () => [await administer(OPERATOR[0]), await administer(OPERATOR[1]), await scrape(SCRAPER[0]), await scrape(SCRAPER[1])]
  const admin = (...secrets: string[]) => ({ keys: [{ name: 'ops', role: 'reader' as const, secrets }] })
  t.strictSame(await state(), [200, 401, 200, 401])
  await app.twoFactor.reload({ admin: admin(OPERATOR[1], OPERATOR[0]), metricsEndpoint: { key: [SCRAPER[1], SCRAPER[0]] } })
  t.strictSame(await state(), [200, 200, 200, 200])
  await app.twoFactor.reload({ admin: admin(OPERATOR[1]), metricsEndpoint: { key: SCRAPER[1] } })
  t.strictSame(await state(), [401, 200, 401, 200])
  await app.twoFactor.reload({ admin: { keys: [] } })
  t.strictSame(await state(), [401, 401, 401, 200], 'whoever is left out is no caller')
})

t.test('a key that another caller has is refused, whichever of them changes, and when', async (t) => {
  const asAdmin = (secret: string) => ({ keys: [{ name: 'ops', role: 'reader' as const, secrets: [secret] }] })
  const asClient = (secret: string) => [{ id: 'orders', secrets: [secret] }]
  const isMetrics = { code: 'AUTH_OPTIONS_INVALID', message: /a key of metrics is that of/ }
  for (const key of [OPERATOR[0], OLD]) await t.rejects(start(t, options, { key: [SCRAPER[0], key] }), isMetrics, 'at the start')

  const app = await start(t, options, { key: SCRAPER[0] })
  for (const key of [OPERATOR[0], OLD]) await t.rejects(app.twoFactor.reload({ metricsEndpoint: { key } }), isMetrics)
  await t.rejects(app.twoFactor.reload({ admin: asAdmin(SCRAPER[0]) }), isMetrics)
  await t.rejects(app.twoFactor.reload({ serviceClients: asClient(SCRAPER[0]) }), isMetrics)
  await t.rejects(app.twoFactor.reload({ admin: asAdmin(SCRAPER[1]), metricsEndpoint: { key: SCRAPER[1] } }), isMetrics, 'both at once')
  await app.twoFactor.reload({ serviceClients: asClient(NEW) })
  await t.rejects(app.twoFactor.reload({ admin: asAdmin(NEW) }), { message: /the secret of a service client/ }, 'of one that an earlier reload brought')
  await t.rejects(app.twoFactor.reload({ metricsEndpoint: { key: NEW } }), isMetrics)
  await app.twoFactor.reload({ metricsEndpoint: { key: OLD } })
  await t.rejects(app.twoFactor.reload({ serviceClients: asClient(OLD) }), isMetrics)

  const { administer, scrape } = callersOf(app)
  t.strictSame([await administer(OPERATOR[0]), await administer(NEW), await administer(SCRAPER[0]), await scrape(OLD), await scrape(SCRAPER[0])], [200, 401, 401, 200, 401])
})

t.test('what is open or off is neither closed nor opened by a reload', async (t) => {
  const { admin: _admin, factorKeys: _keys, ...without } = options
  // Not ready: the SDK of this process has other options.
  const app = await register(t, without)
  const none = { code: 'AUTH_OPTIONS_INVALID' }
  await t.rejects(app.twoFactor.reload({ metricsEndpoint: { key: SCRAPER[0] } }), none)
  await t.rejects(app.twoFactor.reload({ admin: options.admin }), none)
  await t.rejects(app.twoFactor.reload({ factorKeys: [FACTOR[0]] }), none)
  await t.rejects(app.twoFactor.reload({ leakedPasswords: { url: 'https://api.example.com/range' } }), none)
  await t.rejects(app.twoFactor.reload({ audit: { webhook: { url: 'https://siem.example.com', secrets: [`whsec_${'A'.repeat(32)}`], outbox: { file: 'x' } } } }), none)
  const closed = await start(t, options, { key: SCRAPER[0] })
  await t.rejects(closed.twoFactor.reload({ metricsEndpoint: {} }), none, 'or everybody could read them')
  t.equal((await closed.inject('/metrics')).statusCode, 401)
})

t.test('what a factor key has sealed opens while the key is listed: apps, and what is being enrolled or signed in with', async (t) => {
  const app = await start(t, { ...options, admin: {} })
  const { alice, secret } = await withApp(app)
  const passkey = await withPasskey(app)
  const [during, after] = [await signUp(app), await signUp(app)]
  const [shown, late] = [await setUp(during), await setUp(after)]
  const confirm = async (user: typeof during, { deviceName, secret }: typeof shown) => (await post(user, '/totp/device/verify', { deviceName, totp: codeOf(secret) })).json<{ status: string }>().status
  const [first, second] = [await askToSignIn(stranger(app)), await askToSignIn(stranger(app))]
  const signInWith = async ({ options }: typeof first) => (await postPasskey(stranger(app), 'signin', { credential: passkey.authenticator.get(options) })).status

  await app.twoFactor.reload({ factorKeys: [FACTOR[1], FACTOR[0]] })
  t.equal((await passByApp(alice, secret)).json().status, 'OK')
  t.equal(await confirm(during, shown), 'OK')
  t.equal(await signInWith(first), 'OK')
  const fresh = await withApp(app)

  await app.twoFactor.reload({ factorKeys: [FACTOR[1]] })
  t.equal(await confirm(after, late), 'UNKNOWN_DEVICE_ERROR')
  t.notOk(await isIn(after))
  t.equal(await signInWith(second), 'RESTART_FLOW_ERROR')
  t.not((await passByApp(alice, secret)).json().status, 'OK', 'an app that cannot be read lets nobody in')
  t.equal((await passByApp(fresh.alice, fresh.secret)).json().status, 'OK', 'one that the new key has sealed')

  await app.twoFactor.reload({ factorKeys: [FACTOR[1], FACTOR[0]] })
  t.equal((await passByApp(alice, secret)).json().status, 'OK', 'and back again')
  for (const factorKeys of [[], ['short']]) await t.rejects(app.twoFactor.reload({ factorKeys }), { code: 'AUTH_OPTIONS_INVALID', message: /factorKeys must be/ })
})

t.test('audit events that wait are signed with the secrets of now', async (t) => {
  const secrets = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [string, string]
  const signers: number[][] = []
  const server = await startHttpServer(t, (response, { body, headers }) => {
    signers.push(secrets.flatMap((secret, i) => {
      try {
        new Webhook(secret).verify(body, headers as Record<string, string>)
        return [i]
      } catch {
        return []
      }
    }))
    response.end()
  })
  const webhook = (...secrets: string[]) => ({ webhook: { url: `${server.url}/audit`, secrets, outbox: { file: join(t.testdirName, 'outbox.sqlite') } } })
  t.testdir()
  const app = await start(t, { ...options, audit: webhook(secrets[0]) })
  const send = async () => {
    const before = signers.length
    app.twoFactor.auditTrail!.record(makeEvent())
    while (signers.length === before) await new Promise((resolve) => { setImmediate(resolve) })
  }
  await send()
  await app.twoFactor.reload({ audit: webhook(secrets[1], secrets[0]) })
  await send()
  await app.twoFactor.reload({ audit: webhook(secrets[1]) })
  await send()
  t.strictSame(signers, [[0], [0, 1], [1]])
  await t.rejects(app.twoFactor.reload({ audit: webhook('hush-hush') }), { code: 'AUTH_OPTIONS_INVALID', message: /^(?!.*hush).*audit\.webhook\.secrets/ })
})
