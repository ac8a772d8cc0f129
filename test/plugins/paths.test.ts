import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { authRoutes, fastify2fa, phonePinning, require2FA, secondFactor, sessionGuard, supertokens, contests, coreConnection, delivery, firstFactor, type AppInfoOptions, type Fastify2faOptions } from '../../src/index.js'
import { newPhoneNumber, signInWithSecondFactor } from '../../src/testing/index.js'
import { openBrowser, type Browser } from '../browser.js'
import { testCore } from '../helper.js'

// What clients see is the same in each case, because supertokens-node is one per process.
const ORIGIN = 'https://api.a.example.com'
const PUBLIC = '/api/auth'
const SECRET = 'the-secret-of-the-orders-service-001'

async function optionsWith (appInfo: AppInfoOptions = {}): Promise<Fastify2faOptions> {
  const { options } = await testCore()
  return { ...options, serviceClients: [{ id: 'orders', secrets: [SECRET] }], appInfo: { apiDomain: ORIGIN, websiteDomains: ['https://www.example.com'], ...appInfo } }
}

interface Case {
  appInfo?: AppInfoOptions
  /** What a proxy makes of paths. */
  proxy? (path: string): string
  /** A guarded route, as clients write it. */
  guarded: string
  /** Registers everything, and returns the scope in which the plugin is. */
  register (app: FastifyInstance, options: Fastify2faOptions): Promise<{ scope: FastifyInstance }>
}

const addOrders = (app: FastifyInstance): void => { app.get('/orders', { preHandler: require2FA }, async () => 'in') }

function library (prefix?: string, parent?: string): Case['register'] {
  return async (app, options) => {
    let inner = app
    await app.register(async (scope) => {
      inner = scope
      await scope.register(fastify2fa, { ...options, ...(prefix !== undefined && { prefix }) })
      addOrders(scope)
    }, { ...(parent !== undefined && { prefix: parent }) })
    return { scope: inner }
  }
}

function wholeService (more: { prefix?: string, routesPath?: string }): Case['register'] {
  return async (app, options) => {
    await app.register(service, { ...options, maxEventLoopDelay: 0, ...more })
    return { scope: app }
  }
}

const CASES: Record<string, Case> = {
  'a prefix of ours': { guarded: '/orders', register: library('/api') },
  'a prefix without and with slashes': { guarded: '/orders', register: library('api/') },
  'the prefix of a parent scope': { guarded: '/api/orders', register: library(undefined, '/api') },
  'both prefixes': { guarded: '/api/orders', register: library('/auth', '/api'), appInfo: { apiBasePath: '/' } },
  'a prefix of the whole service': { guarded: '/api/me', register: wholeService({ prefix: '/api' }) },
  'other routes below the same path': { guarded: '/api/auth/sessioninfo', register: wholeService({ routesPath: '/api/auth' }), appInfo: { apiBasePath: '/api/auth' } },
  'a proxy that removes a path': {
    guarded: '/api/me',
    register: wholeService({}),
    appInfo: { apiGatewayPath: '/api' },
    proxy: (path) => path.replace(/^\/api/, '')
  },
  'a proxy that adds a path': {
    guarded: '/me',
    register: wholeService({ routesPath: '/internal' }),
    appInfo: { apiBasePath: '/internal/api/auth', apiInternalPath: '/internal' },
    proxy: (path) => `/internal${path}`
  },
  'a proxy that adds the prefix of the scope': {
    guarded: '/orders',
    register: library(undefined, '/internal'),
    appInfo: { apiBasePath: '/api/auth', apiInternalPath: '/internal/' },
    proxy: (path) => `/internal${path}`
  },
  'a proxy that replaces a path': {
    guarded: '/api/orders',
    register: library(undefined, '/v1.0'),
    appInfo: { apiGatewayPath: '/api', apiInternalPath: '/v1.0' },
    proxy: (path) => path.replace(/^\/api/, '/v1.0')
  }
}

/** From signing up to signing out, with the cookies of a browser. */
async function assertWorks (t: Test, app: FastifyInstance, { request, cookies }: Browser, guarded: string): Promise<void> {
  const phoneNumber = newPhoneNumber()
  const formFields = [{ id: 'email', value: `${randomUUID()}@example.com` }, { id: 'password', value: 'correct horse 1' }]
  const post = async (path: string, payload: object = {}) => await request('POST', PUBLIC + path, payload)
  t.equal((await post('/signup', { formFields })).json().status, 'OK')
  t.strictSame(await cookies(), ['sAccessToken@api.a.example.com/', 'sRefreshToken@api.a.example.com/api/auth/session/refresh'])
  t.equal((await request('GET', guarded)).statusCode, 403)
  const { deviceId, preAuthSessionId } = (await post('/signinup/code', { phoneNumber })).json()
  const userInputCode = app.twoFactor.outbox.last(phoneNumber)!.code
  t.equal((await post('/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode })).json().status, 'OK')
  t.equal((await request('GET', guarded)).statusCode, 200)
  t.equal((await post('/session/refresh')).statusCode, 200)
  t.equal((await request('GET', guarded)).statusCode, 200)
  t.equal((await post('/signout')).json().status, 'OK')
  t.strictSame(await cookies(), [])
  t.equal((await post('/public/signin', { formFields })).json().status, 'OK', 'with the tenant in the path')
}

for (const [name, { appInfo, proxy = (path: string) => path, guarded, register }] of Object.entries(CASES)) {
  t.test(`${name} moves endpoints and cookies alike`, async (t) => {
    const app: FastifyInstance = Fastify({ logger: false })
    t.teardown(() => app.close())
    const { scope } = await register(app, await optionsWith(appInfo))
    await app.ready()
    await assertWorks(t, scope, openBrowser(scope, { origin: ORIGIN, proxy }), guarded)
    const { session } = await signInWithSecondFactor(scope)
    t.equal((await session.inject(proxy(guarded))).statusCode, 200, 'the test kit finds the way')
    const ask = { method: 'POST', url: proxy(`${PUBLIC}/introspect`), payload: 'token=x', headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${SECRET}` } } as const
    t.equal((await scope.inject(ask)).body, '{"active":false}', 'and so do other services')
  })
}

t.test('the service moves its other routes, and only those', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { ...await optionsWith({ apiBasePath: '/api/auth' }), maxEventLoopDelay: 0, routesPath: '/internal' })
  for (const path of ['/health', '/ready']) t.equal((await app.inject(`/internal${path}`)).statusCode, 200)
  for (const path of ['/sessioninfo', '/me']) t.equal((await app.inject(`/internal${path}`)).statusCode, 401)
  for (const path of ['/health', '/ready', '/sessioninfo', '/me']) t.equal((await app.inject(path)).statusCode, 404)
})

t.test('paths at which nothing would work stop the boot, and say what to set', async (t) => {
  const wrong: [AppInfoOptions, string | undefined, RegExp][] = [
    [{}, '/auth', /prefix \/auth in front of it. Set apiBasePath to \/$/],
    [{ apiBasePath: '/api/auth' }, '/api', /prefix \/api in front of it. Set apiBasePath to \/auth$/],
    [{}, '/:tenant', /prefix \/:tenant must be a plain path/],
    [{}, '/a b', /must be a plain path/],
    [{}, '/a//b', /must be a plain path/],
    [{ apiInternalPath: '/internal' }, undefined, /apiInternalPath is \/internal, but \/auth.* does not begin with it/],
    [{ apiInternalPath: '/in' }, '/internal', /does not begin with it/],
    [{ apiGatewayPath: 'api' }, undefined, /apiGatewayPath must be a path/],
    [{ apiGatewayPath: '/api/../x' }, undefined, /apiGatewayPath must be a path/],
    [{ apiInternalPath: '/*' }, undefined, /apiInternalPath must be a path/]
  ]
  for (const [appInfo, prefix, message] of wrong) {
    const app = Fastify({ logger: false })
    t.teardown(() => app.close())
    const options = await optionsWith(appInfo)
    await t.rejects(async () => { await app.register(fastify2fa, { ...options, ...(prefix !== undefined && { prefix }) }) }, { code: 'AUTH_OPTIONS_INVALID', message })
  }

  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  const options = await optionsWith()
  for (const plugin of [coreConnection, delivery, supertokens, contests, firstFactor, secondFactor, phonePinning, sessionGuard]) await app.register(plugin as typeof supertokens, options)
  await t.rejects(async () => { await app.register(authRoutes, { ...options, prefix: '/api' }) }, { code: 'AUTH_OPTIONS_INVALID', message: /routes would be at \/api\/auth, and the supertokens plugin expects them at \/auth/ })
})
