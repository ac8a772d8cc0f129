import { createServer } from 'node:http'
import { once } from 'node:events'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, metricsRoutes, type Fastify2faOptions, type MetricsEndpoint } from '../../src/index.js'
import { createTestSession, signInWithSecondFactor } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { freePort } from '../free-port.js'
import { build, testCore } from '../helper.js'

const KEY = 'a-key-of-metrics-0123456789-abcdefgh'
const OTHER_KEY = KEY.toUpperCase()
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const limits = { signUps: false, sends: false, mails: false } as const

t.test('outside production, metrics may be open', async (t) => {
  const app = await build(t, { limits, metrics: true })
  const response = await app.inject('/metrics')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(response.headers['cache-control'], 'no-store')
  t.match(response.body, /^# HELP fastify_2fa_build_info /m)
})

t.test('a key is needed in the header: without one, with a wrong one, or in the query, there is nothing to read', async (t) => {
  const app = await build(t, { limits, metrics: true, metricsEndpoint: { key: KEY } })
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app)
  const refused = [
    await app.inject('/metrics'),
    await app.inject(`/metrics?key=${KEY}&access_token=${KEY}`),
    await app.inject({ url: '/metrics', headers: { 'x-api-key': KEY, 'api-key': KEY, cookie: `key=${KEY}` } }),
    await app.inject({ url: '/metrics', headers: bearer(`${KEY}x`) }),
    await app.inject({ url: '/metrics', headers: bearer(OTHER_KEY) }),
    await app.inject({ url: '/metrics', headers: { authorization: KEY } }),
    await app.inject({ url: '/metrics', method: 'HEAD' }),
    await user.session.inject('/metrics')
  ]
  for (const { statusCode, headers, body } of refused) {
    t.equal(statusCode, 401)
    t.equal(headers['www-authenticate'], 'Bearer')
    t.notMatch(body, /fastify_2fa/)
    if (body !== '') t.match(JSON.parse(body), { code: 'AUTH_METRICS_KEY_REFUSED', message: /the key of the metrics/ })
  }
  t.ok(events.some(({ type }) => type === 'client.refused'), 'a wrong key is told')
  t.equal((await app.inject({ url: '/metrics', headers: bearer(KEY) })).statusCode, 200)
  t.equal((await app.inject({ url: '/metrics', headers: { authorization: `Basic ${Buffer.from(`metrics:${KEY}`).toString('base64')}` } })).statusCode, 200)
})

t.test('who guesses keys is held up, and the right one is not', async (t) => {
  const app = await build(t, { limits, metrics: true, metricsEndpoint: { key: KEY } })
  const statuses = new Set<number>()
  for (let i = 0; i < 120; i++) statuses.add((await app.inject({ url: '/metrics', headers: bearer(`${KEY}${i}`) })).statusCode)
  t.same([...statuses], [401, 429])
  t.equal((await app.inject({ url: '/metrics', headers: bearer(KEY) })).statusCode, 200)
})

t.test('a key is replaced without a gap', async (t) => {
  const app = await build(t, { limits, metrics: true, metricsEndpoint: { key: [OTHER_KEY, KEY] } })
  for (const key of [KEY, OTHER_KEY]) t.equal((await app.inject({ url: '/metrics', headers: bearer(key) })).statusCode, 200)
})

t.test('a port of its own serves the metrics and nothing else, and the app\'s does not serve them', async (t) => {
  const port = await freePort()
  const app = await build(t, { limits, metrics: true, metricsEndpoint: { port } })
  t.equal((await app.inject('/metrics')).statusCode, 404)
  const at = `http://127.0.0.1:${port}`
  const response = await fetch(`${at}/metrics`)
  t.equal(response.status, 200)
  t.match(await response.text(), /fastify_2fa_build_info\{/)
  for (const path of ['/', '/health', '/me', '/auth/signin', '/auth/loginmethods', '/dev/outbox']) t.equal((await fetch(at + path)).status, 404, path)
  await app.close()
  await t.rejects(fetch(`${at}/metrics`), 'it closes with the app')
})

t.test('a port of its own may have a key as well', async (t) => {
  const port = await freePort()
  await build(t, { limits, metrics: true, metricsEndpoint: { port, key: KEY } })
  const url = `http://127.0.0.1:${port}/metrics`
  t.equal((await fetch(url)).status, 401)
  t.equal((await fetch(url, { headers: bearer(OTHER_KEY) })).status, 401)
  t.equal((await fetch(url, { headers: bearer(KEY) })).status, 200)
})

t.test('a port that is taken stops the boot', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => { other.close() })
  const { port } = other.address() as { port: number }
  await t.rejects(build(t, { limits, metrics: true, metricsEndpoint: { port } }), { code: 'EADDRINUSE' })
})

t.test('metrics answer under pressure, and below the path of the routes', async (t) => {
  const app = await build(t, { limits, metrics: true, routesPath: '/internal' })
  t.equal((await app.inject('/internal/metrics')).statusCode, 200)
  t.equal((await app.inject('/metrics')).statusCode, 404)
})

async function register (t: Test, options: Fastify2faOptions, endpoint: MetricsEndpoint): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, limits, ...options })
  await app.register(metricsRoutes, { prefix: '/internal', ...endpoint } as MetricsEndpoint)
  return app
}

/** All that production asks for. */
const production = async (): Promise<Fastify2faOptions> => ({
  production: true,
  appInfo: { apiDomain: 'https://auth.example.com', websiteDomains: ['https://www.example.com'] },
  sms: { name: 'mine', async send () {} },
  mail: { name: 'mine', async send () {} },
  metrics: true
})

t.test('in production, metrics that everybody could read stop the boot', async (t) => {
  const open = { code: 'AUTH_OPTIONS_INVALID', message: /open to everybody in production/ }
  await t.rejects(register(t, await production(), {}), open)
  t.ok(await register(t, await production(), { key: KEY }))
  t.ok(await register(t, await production(), { port: 0 }))
})

t.test('what makes no sense stops the boot, and says why', async (t) => {
  for (const [endpoint, message] of [
    [{ key: 'short' }, /32 or more/],
    [{ key: 'a'.repeat(40) }, /ten of them different/],
    [{ key: [] }, /32 or more/],
    [{ port: 70_000 }, /0 to 65535/],
    [{ host: '::1' }, /needs a port/]
  ] as const) await t.rejects(register(t, { metrics: true }, endpoint), { code: 'AUTH_OPTIONS_INVALID', message })
  await t.rejects(register(t, {}, {}), { code: 'AUTH_OPTIONS_INVALID', message: /need metrics: true/ })
  for (const metrics of ['yes', { key: KEY }, { registry: {} }, { routes: 'some' }]) await t.rejects(register(t, { metrics: metrics as never }, {}), { code: 'AUTH_OPTIONS_INVALID' })
})

t.test('in an app whose every route needs a second factor, a scraper needs its key alone', async (t) => {
  const app = await register(t, { metrics: true, secureByDefault: true }, { key: KEY })
  t.equal((await app.inject({ url: '/internal/metrics', headers: bearer(KEY) })).statusCode, 200)
  t.equal((await createTestSession(app).inject('/internal/metrics')).statusCode, 401)
})
