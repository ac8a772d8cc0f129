import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../../src/index.js'
import { advance, attackSuite, resetClock, signUp, type AttackSuiteOptions, type Finding } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'
import { buildHost } from './careless.js'

const { options } = await testCore()
const ROUTES = {
  'GET /orders/:id': { sample: { params: { id: 'o-1' } } },
  'POST /payout': { sample: async ({ userId }: { userId: string }) => ({ payload: { amount: 1, userId } }) }
}
const FAST = { patience: 300 }

async function host (t: Test, careless: boolean) {
  const app = await buildHost(options, { careless })
  t.teardown(() => app.close())
  return app
}

const brief = (findings: Finding[]): string[] => findings.map(({ attack, target }) => `${attack}: ${target}`)

t.test('a host with its guards in place has nothing open, and nothing that is not tried', async (t) => {
  const app = await host(t, false)
  const report = await attackSuite(app, { ...FAST, routes: ROUTES })
  t.strictSame([report.open, report.unproven, report.passed], [[], [], true], report.text)
  t.strictSame(report.attacks.filter(({ outcome }) => outcome !== 'held').map(({ id, outcome }) => `${id} ${outcome}`), ['other-factor not applicable'])
  t.strictSame(report.routes.filter(({ access }) => access !== 'second-factor'), [{ name: 'POST /onboarding', access: 'first-factor' }, { name: 'GET /news', access: 'public' }, { name: 'GET /maybe', access: 'public' }])
  t.match(report.text, /^32 of 32 attacks held\. 0 open, 0 unproven\.$/m)
  t.match(report.text, /^Open to anyone: GET \/news, GET \/maybe\.$/m)
})

t.test('each mistake of a careless host is reported, by the name of its route', async (t) => {
  const app = await host(t, true)
  const { open, unproven, passed, text } = await attackSuite(app, {
    ...FAST, routes: { ...ROUTES, 'POST /transfer': { maxAge: '5m' }, 'DELETE /users/:id': { roles: ['admin'] } }
  })
  t.notOk(passed)
  t.strictSame(brief(open), [
    ...['GET /forgotten', 'GET /nobody', 'GET /optional', 'GET /cached', 'GET /socket', 'GET /drafts'].map((route) => `no-session: ${route}`),
    'first-factor-only: POST /half',
    'signed-out: GET /own-check',
    'expired-token: GET /own-check',
    'old-second-factor: POST /transfer',
    'roles-missing: DELETE /users/:id',
    'forged-token: GET /own-check',
    'token-elsewhere: GET /own-check',
    'two-sessions: GET /own-check',
    'another-method: GET /read-only as HEAD /read-only',
    'another-path: GET /internal/state',
    'another-path: GET /proxied',
    'claims-from-client: POST /profile'
  ])
  t.strictSame(unproven.map(({ target, detail }) => `${target}: ${detail.slice(0, 50)}`), [
    'POST /upload: a session with all that it asks for got 400 {"stat',
    'GET /limited: whoever may not come in got 429 {}, which does not'
  ])
  t.match(text, /^ {4}open {2}GET \/forgotten: a stranger \(cookie session\) came in: 200 \{"secret":true\} \(and in 1 more way\)$/m)
})

t.test('what the host says of a route counts for more than what the route says', async (t) => {
  const app = await host(t, true)
  const only = ['no-session', 'first-factor-only']
  const { open, unproven, routes, text } = await attackSuite(app, {
    ...FAST,
    only,
    sessions: ['header'],
    routes: {
      ...ROUTES,
      'GET /forgotten': { access: 'public' },
      'POST /half': { access: 'first-factor' },
      'GET /news': { access: 'second-factor' },
      'POST /upload': { skip: 'it takes forms' },
      'GET /limited': { sample: { headers: { cookie: 'visitor=1' } } }
    }
  })
  t.strictSame(brief(open), ['GET /news', 'GET /nobody', 'GET /optional', 'GET /cached', 'GET /socket', 'GET /drafts'].map((route) => `no-session: ${route}`))
  t.strictSame(brief(unproven), [])
  t.match(routes.find(({ name }) => name === 'POST /upload'), { access: 'skipped', reason: 'it takes forms' })
  t.match(text, /^POST \/upload is not attacked: it takes forms\.$/m)
})

t.test('an attack that cannot be performed is unproven', async (t) => {
  const app = await host(t, false)
  let left = Infinity
  let signUps = 0
  const suite = {
    ...FAST,
    sessions: ['cookie'] as const,
    routes: ROUTES,
    async signUp (...args: Parameters<typeof signUp>) {
      signUps++
      if (left-- <= 0) throw new Error('no more sign-ups')
      return await signUp(...args)
    }
  }
  await attackSuite(app, { ...suite, only: ['every-route-is-reached'] })
  // As many as it takes to begin.
  left = signUps
  const { unproven, passed } = await attackSuite(app, { ...suite, only: ['session-fixation'] })
  t.match(unproven, [{ attack: 'session-fixation', target: 'the app', detail: 'the attack could not be performed: no more sign-ups' }])
  t.notOk(passed)
})

t.test('an app without routes of its own is attacked where people sign in', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => { await scope.register(fastify2fa, options) })
  await t.rejects(attackSuite(app), { code: 'AUTH_OPTIONS_INVALID', message: /Pass the app, or the scope, in which it is registered/ })
  const whole = Fastify()
  t.teardown(() => whole.close())
  await whole.register(fastify2fa, options)
  const { open, unproven, routes, text } = await attackSuite(whole, { sessions: ['cookie'] })
  t.strictSame([open, unproven, routes], [[], [], []], text)
})

t.test('a refusal of the host\'s own can be described', async (t) => {
  const app = await host(t, true)
  const { open, unproven } = await attackSuite(app, {
    ...FAST, only: ['no-session'], sessions: ['cookie'], routes: ROUTES, isRefusal: ({ statusCode = 0, body }) => [401, 403, 302].includes(statusCode) || body === 'cached'
  })
  t.notOk(brief(open).includes('no-session: GET /cached'))
  t.ok(brief(open).includes('no-session: GET /forgotten'))
  t.ok(brief(unproven).includes('every-route-is-reached: POST /upload'), 'what is unproven is never left out')
})

t.test('the clock is where it was, whatever attacks have done', async (t) => {
  const app = await host(t, false)
  t.teardown(resetClock)
  advance('2h')
  const ahead = Date.now() - performance.timeOrigin - performance.now()
  await attackSuite(app, { ...FAST, only: ['expired-token', 'old-second-factor'], sessions: ['cookie'], routes: ROUTES })
  t.ok(Math.abs(Date.now() - performance.timeOrigin - performance.now() - ahead) < 1000)
})

t.test('what is misspelt is refused, since it would leave something out', async (t) => {
  const app = await host(t, false)
  const wrong: Array<[AttackSuiteOptions, RegExp]> = [
    [{ routes: { 'GET /order': {} } }, /routes: there is no "GET \/order"\. Did you mean "GET \/orders"\?/],
    [{ routes: { 'GET /orders': { maxage: '5m' } as object } }, /routes: GET \/orders: there is no "maxage"\. Did you mean "maxAge"\?/],
    [{ routes: { 'GET /orders': { access: 'everyone' as 'public' } } }, /routes: GET \/orders: access: there is no "everyone"/],
    [{ routes: { 'GET /orders': { skip: '' } } }, /skip needs a reason/],
    [{ routes: { 'GET /orders': { maxAge: 'soon' } } }, /soon/],
    [{ only: ['no-sesion'] }, /only: there is no "no-sesion"\. Did you mean "no-session"\?/],
    [{ only: [] }, /only names no attack/],
    [{ sessions: ['cookies' as 'cookie'] }, /sessions: there is no "cookies"/],
    [{ route: {} } as object, /options: there is no "route"\. Did you mean "routes"\?/]
  ]
  for (const [options, message] of wrong) await t.rejects(attackSuite(app, options as object), { code: 'AUTH_OPTIONS_INVALID', message }, String(message))
})
