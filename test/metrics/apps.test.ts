import Fastify from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import t from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { createTestSession, passSecondFactor, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build, testCore } from '../helper.js'
import { scrape } from './scrape.js'

t.test('two apps of one process count for themselves, and an app that counts nothing stays out of it', async (t) => {
  const silent = await build(t)
  const [one, other] = [await build(t, { metrics: true }), await build(t, { metrics: true })]
  await signInWithSecondFactor(one)
  await signInWithSecondFactor(one)
  await signInWithSecondFactor(other)
  await signInWithSecondFactor(silent)
  const [first, second] = [await scrape(one), await scrape(other)]
  for (const name of ['sign_ups_total', 'second_factor_asked_total', 'sessions_created_total', 'codes_answered_total', 'messages_total']) {
    t.same([first.value(name), second.value(name)], [2, 1], name)
  }
  t.same([first, second].map(({ value }) => value('audit_events_total', { type: 'second-factor.passed' })), [2, 1])
  t.equal(first.value('guard_misses_total'), second.value('guard_misses_total'), 'the cache is that of the process')
})

t.test('a code that one replica has sent and another one answers counts once at each', async (t) => {
  const [one, other] = [await build(t, { metrics: true }), await build(t, { metrics: true })]
  const user = await signUp(one)
  const code = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } })
  const moved = createTestSession(other)
  for (const [name, value] of user.session.cookies) moved.cookies.set(name, value)
  const { deviceId, preAuthSessionId } = code.json<{ deviceId: string, preAuthSessionId: string }>()
  const userInputCode = one.twoFactor.outbox.last(user.phoneNumber)?.code
  t.equal((await moved.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode } })).json().status, 'OK')
  const labels = { channel: 'sms', provider: 'log', country: 'US' }
  const scrapes = [await scrape(one), await scrape(other)]
  t.same(scrapes.map(({ value }) => value('messages_total', labels)), [1, 0])
  t.same(scrapes.map(({ value }) => value('codes_answered_total', labels)), [0, 1])
})

t.test('an app that is closed and built again counts from zero', async (t) => {
  const app = await build(t, { metrics: true })
  await signInWithSecondFactor(app)
  const { metrics } = app.twoFactor
  await app.close()
  const again = await build(t, { metrics: true })
  await signInWithSecondFactor(again)
  t.equal((await scrape(again)).value('sessions_created_total'), 1)
  t.match((await metrics!.text(undefined)).body, /fastify_2fa_core_requests_total/, 'the last scrape of a closed app does not fail')
})

t.test('a host that has a registry of its own gets ours in it, once, and takes them out again', async (t) => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  const host = async () => {
    const app = Fastify({ logger: false })
    t.teardown(() => app.close())
    await app.register(fastify2fa, { ...(await testCore()).options, metrics: { registry } })
    app.get('/mine', { preHandler: require2FA }, async () => 'in')
    await app.ready()
    return app
  }
  const app = await host()
  const user = await signInWithSecondFactor(app)
  t.equal((await user.session.inject('/mine')).body, 'in')
  const text = await registry.metrics()
  t.match(text, /^fastify_2fa_sign_ups_total\{factor="password",outcome="passed"\} 1$/m)
  t.match(text, /^process_cpu_seconds_total /m)
  t.notMatch(text, /fastify_2fa_process_/, 'the process is measured already')
  t.notMatch(text, /route="\/mine"/, 'the host\'s own routes are its own business')
  t.match(text, /route="\/auth\/signup"/)
  await t.rejects(host(), { code: 'AUTH_OPTIONS_INVALID', message: /a registry of its own/ })
  await app.close()
  t.same(registry.getMetricsAsArray().map(({ name }) => name), names)
  const again = await host()
  await signIn(again, user)
  t.match(await registry.metrics(), /^fastify_2fa_sign_ins_total\{factor="password",outcome="passed"\} 1$/m)
})

t.test('all routes of an app are counted where that is asked for', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, metrics: { routes: 'all' } })
  app.get('/things/:thing', async () => 'a thing')
  await app.inject('/things/1')
  await app.inject('/things/2')
  const { value } = await scrape(app)
  t.equal(value('http_request_duration_seconds_count', { route: '/things/:thing', method: 'GET', status: '2xx' }), 2)
})

t.test('two who scrape at the same time see the same', async (t) => {
  const app = await build(t, { metrics: true })
  const scrapes = await Promise.all(Array.from({ length: 5 }, () => scrape(app)))
  for (const { value } of scrapes) t.same([value('ready'), value('build_info'), value('limits_shared')], [1, 1, 0])
})

t.test('both formats say the same', async (t) => {
  const app = await build(t, { metrics: true })
  await passSecondFactor(app, await signUp(app))
  const open = await app.inject({ url: '/metrics', headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5' } })
  t.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  t.match(open.body, /^# TYPE fastify_2fa_sign_ups counter$/m)
  t.match(open.body, /^fastify_2fa_sign_ups_total\{.*\} 1$/m)
  t.match(open.body, /# EOF\n$/)
  const plain = await app.inject('/metrics')
  t.match(plain.body, /^# TYPE fastify_2fa_sign_ups_total counter$/m)
})
