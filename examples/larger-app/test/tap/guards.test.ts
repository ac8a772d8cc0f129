import type { FastifyInstance, RouteOptions } from 'fastify'
import { UserRoles } from 'fastify-2fa/supertokens'
import { advance, passSecondFactor, signIn, signInWithSecondFactor, signUp } from 'fastify-2fa/testing'
import t from 'tap'
import { buildApp } from '../../src/app.js'
import { startApp, WEBSITE } from '../app.js'

interface Route {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  url: string
}

const routes: Route[] = []

function note ({ method, url }: RouteOptions): void {
  routes.push(...[method].flat().map((one) => ({ method: one as Route['method'], url })))
}

const { app, core, config, close } = await startApp({}, (app) => { app.addHook('onRoute', note) })
t.teardown(close)

const PUBLIC = ['/health']
/** Preflights come without a session. What they answer is tested below. */
const isPreflight = ({ method, url }: Route): boolean => method === 'OPTIONS' && url === '*'
const guarded = routes.filter((route) => !PUBLIC.includes(route.url) && !route.url.startsWith('/auth/') && !isPreflight(route))
const pathOf = (url: string): string => url.replace(/:\w+|\*/g, '1')

t.test('every route that is not meant to be public', async (t) => {
  const urls = new Set(guarded.map(({ url }) => url))
  for (const url of ['/openapi.json', '/graphql', '/admin/users', '/live', '/me', '/orders', '/reports/*']) t.ok(urls.has(url), `there is ${url}`)
  const { session: halfway } = await signUp(app)
  for (const { method, url } of guarded) {
    t.equal((await app.inject({ method, url: pathOf(url) })).statusCode, 401, `${method} ${url} refuses strangers`)
    t.equal((await halfway.inject({ method, url: pathOf(url) })).statusCode, 403, `${method} ${url} refuses a password alone`)
  }
  t.equal((await app.inject('/nothing-here')).statusCode, 401, 'strangers do not learn which routes there are')
  t.equal((await app.inject('/health')).statusCode, 200)
})

t.test('a route whose guard is forgotten is guarded', async (t) => {
  const forgetful = await buildApp({ config, twoFactor: core.options })
  t.teardown(() => forgetful.close())
  forgetful.get('/forgotten', async () => 'open')
  forgetful.register(async (scope) => { scope.get('/deeper', async () => 'open') })
  for (const url of ['/forgotten', '/deeper']) t.equal((await forgetful.inject(url)).statusCode, 401)
})

t.test('a guard that would not guard stops the boot', async (t) => {
  const mistakes: Record<string, (app: FastifyInstance) => void> = {
    'a misspelt option': (app) => { app.get('/misspelt', { config: { secondFactr: false } as object }, async () => 'open') },
    'a hook that is undefined': (app) => { app.get('/undefined', { preHandler: app.require2FA as never }, async () => 'open') },
    'an option without a meaning': (app) => { app.get('/meant', { config: { secondFactor: { maxage: '5m' } as object } }, async () => 'open') }
  }
  for (const [name, prepare] of Object.entries(mistakes)) {
    await t.rejects(buildApp({ config, twoFactor: core.options, prepare }).then((app) => app.ready()), { code: /^AUTH_(OPTIONS_INVALID|ROUTE_UNGUARDED)$/ }, name)
  }
})

t.test('admins alone see all users', async (t) => {
  const user = await signInWithSecondFactor(app)
  t.equal((await user.session.inject('/admin/users')).statusCode, 403)
  await UserRoles.addRoleToUser('public', user.userId, 'admin')
  const admin = await signIn(app, user)
  t.equal((await admin.session.inject('/admin/users')).statusCode, 403, 'not by a password')
  await passSecondFactor(app, admin)
  t.match((await admin.session.inject('/admin/users')).json(), [{ authUserId: String }])

  const removed = await signUp(app)
  t.equal((await admin.session.inject({ method: 'DELETE', url: `/admin/users/${removed.userId}` })).statusCode, 204)
  await t.rejects(signIn(app, removed), /WRONG_CREDENTIALS_ERROR/)

  advance('16m')
  t.match((await admin.session.inject('/admin/users')).json(), { claimValidationErrors: [{ reason: { message: 'expired' } }] }, 'a second factor of a while ago is not enough')
})

t.test('pages of the websites alone call it', async (t) => {
  for (const [origin, allowed] of [[WEBSITE, WEBSITE], ['https://evil.example', undefined]] as const) {
    for (const url of ['/me', '/auth/signin']) {
      const preflight = await app.inject({ method: 'OPTIONS', url, headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,rid' } })
      t.equal(preflight.headers['access-control-allow-origin'], allowed, `${origin} asks for ${url}`)
      t.equal((await app.inject({ url, headers: { origin } })).headers['access-control-allow-origin'], allowed)
    }
  }
})

t.test('the document has all routes, ours and those for signing in', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  const { openapi, paths } = (await session.inject('/openapi.json')).json<{ openapi: string, paths: Record<string, object> }>()
  t.equal(openapi, '3.1.0')
  t.match(paths, { '/orders/': { post: { tags: ['Orders'] } }, '/auth/signin': { post: { tags: ['Sign-in'] } } })
})
