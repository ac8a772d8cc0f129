import { once } from 'node:events'
import { request } from 'node:http'
import cors from '@fastify/cors'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { healthRoutes, REQUEST_HEADERS, require2FA, sessionRoutes, verifySession } from '../../src/index.js'
import { passSecondFactor, signUp } from '../../src/testing/index.js'
import { build, listen, loose, refusesToBoot, secret, startCore, type Host } from './suite/careless-host.js'

await startCore()

const SECURE = { secureByDefault: true }
const WEBSITE = 'http://localhost:3001'
const PUBLIC = { config: { secondFactor: false } } as const

/** Routes that say nothing of a guard, and some that do. */
function declareRoutes (app: FastifyInstance): void {
  app.route({ method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'], url: '/any', handler: secret })
  app.post('/body', { schema: { body: { type: 'object', required: ['amount'] } } }, secret)
  app.get('/twice', { preHandler: require2FA }, secret)
  app.get('/public', PUBLIC, secret)
  app.get('/onboarding', { ...PUBLIC, preHandler: verifySession({ overrideGlobalClaimValidators: () => [] }) }, secret)
  app.register(async (scope) => {
    scope.setNotFoundHandler(async (_request, reply) => await reply.code(404).send('nothing here'))
    scope.get('/', secret)
    scope.register(async (inner) => { inner.get('/deep', secret) })
  }, { prefix: '/api' })
}

const WHEN: Record<string, Host> = {
  'registered first, without await' (app, load) {
    load(app, SECURE)
    declareRoutes(app)
    app.register(cors, { origin: WEBSITE, credentials: true, allowedHeaders: REQUEST_HEADERS })
  },
  'registered last' (app, load) {
    app.register(cors, { origin: WEBSITE, credentials: true, allowedHeaders: REQUEST_HEADERS })
    declareRoutes(app)
    app.register(healthRoutes)
    app.register(sessionRoutes)
    load(app, SECURE)
  }
}

for (const [when, host] of Object.entries(WHEN)) {
  t.test(`secureByDefault, ${when}, guards what says nothing of a guard`, async (t) => {
    const app = build(t, host)
    const address = await listen(app)
    const guarded = ['/any', '/twice', '/api', '/api/', '/api/deep', '/api/nowhere', '/nowhere', '/auth/nowhere']

    for (const path of guarded) t.equal((await fetch(address + path)).status, 401, path)
    for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['/any', '/nowhere']) t.equal((await fetch(address + path, { method })).status, 401, `${method} ${path}`)
    }
    t.equal((await app.inject({ method: 'TRACE' as 'GET', url: '/any' })).statusCode, 401)
    for (const body of ['{}', '{', '<a/>', 'x'.repeat(2_000_000)]) {
      const response = await fetch(`${address}/body`, { method: 'POST', body, headers: { 'content-type': body === '<a/>' ? 'application/xml' : 'application/json' } }).catch(() => undefined)
      t.ok(response === undefined || response.status === 401, 'what is wrong with a body tells nothing')
    }
    t.equal((await fetch(`${address}/public`)).status, 200)
    t.equal((await fetch(`${address}/onboarding`)).status, 401)

    const user = await signUp(app)
    for (const path of guarded) t.equal((await user.session.inject(path)).statusCode, 403, `${path} after the password`)
    t.equal((await user.session.inject('/onboarding')).statusCode, 200)
    await passSecondFactor(app, user)
    for (const path of guarded) t.equal((await user.session.inject(path)).statusCode, path.endsWith('nowhere') ? 404 : 200, `${path} after the code`)
    t.equal((await user.session.inject({ method: 'POST', url: '/body', payload: {} })).statusCode, 400)
  })

  t.test(`secureByDefault, ${when}, lets preflights of the website pass`, async (t) => {
    const address = await listen(build(t, host))
    for (const path of ['/any', '/auth/signup', '/nowhere']) {
      const preflight = await fetch(address + path, {
        method: 'OPTIONS',
        headers: { origin: WEBSITE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'rid,st-auth-mode' }
      })
      t.equal(preflight.status, 204, path)
      t.equal(preflight.headers.get('access-control-allow-origin'), WEBSITE, path)
    }
    const refused = await fetch(`${address}/any`, { headers: { origin: WEBSITE } })
    t.equal(refused.headers.get('access-control-allow-origin'), WEBSITE, 'and the page can read a refusal')
  })
}

t.test('where CORS does not answer OPTIONS, the guard does', async (t) => {
  const address = await listen(build(t, (app, load) => {
    load(app, SECURE)
    declareRoutes(app)
  }))
  for (const path of ['/any', '/api/deep', '/nowhere']) t.equal((await fetch(address + path, { method: 'OPTIONS' })).status, 401, path)
})

t.test('the library\'s own routes stay what they are', async (t) => {
  const address = await listen(build(t, WHEN['registered last']!))
  t.equal((await fetch(`${address}/health`)).status, 200)
  t.equal((await fetch(`${address}/ready`)).status, 200)
  t.equal((await fetch(`${address}/sessioninfo`)).status, 401)
  t.equal((await fetch(`${address}/auth/jwt/jwks.json`)).status, 200)
})

t.test('a 404 handler can be opened, for a single-page app', async (t) => {
  const address = await listen(build(t, (app, load) => {
    load(app, SECURE)
    app.setNotFoundHandler({ config: { secondFactor: false } } as object, async (_request, reply) => await reply.code(200).send('page'))
    app.get('/orders', secret)
  }))
  t.equal((await fetch(`${address}/some/page`)).status, 200)
  t.equal((await fetch(`${address}/orders`)).status, 401)
})

t.test('a route that calls callNotFound does not open a guarded 404 handler', async (t) => {
  const notFound = (options: object = {}) => (scope: FastifyInstance) => {
    scope.setNotFoundHandler(options, secret)
    scope.get('/public', PUBLIC, (_request, reply) => { reply.callNotFound() })
    scope.get('/async', PUBLIC, async (_request, reply) => await reply.callNotFound())
  }
  const hooked = (hook: 'onRequest' | 'preValidation', guard = require2FA) => (app: FastifyInstance) => {
    app.addHook(hook, guard)
    notFound()(app)
  }
  const hosts: Record<string, Host> = {
    'secureByDefault' (app, load) { load(app, SECURE); notFound()(app) },
    'secureByDefault, registered last' (app, load) { notFound()(app); load(app, SECURE) },
    'secureByDefault, in a scope' (app, load) { load(app, SECURE); app.register(async (scope) => { notFound()(scope) }) },
    'a hook of the app' (app, load) { load(app); hooked('onRequest')(app) },
    'another hook of the app, before' (app, load) { hooked('preValidation')(app); load(app) },
    'a hook of the scope, for routes outside' (app, load) {
      load(app)
      app.register(async (scope) => { scope.addHook('onRequest', require2FA); scope.setNotFoundHandler(secret) })
      app.get('/public', (_request, reply) => { reply.callNotFound() })
      app.get('/async', async (_request, reply) => await reply.callNotFound())
    },
    'verifySession as a hook of the scope' (app, load) {
      load(app)
      app.register(async (scope) => { scope.addHook('onRequest', verifySession()); scope.setNotFoundHandler(secret) })
      app.get('/public', (_request, reply) => { reply.callNotFound() })
      app.get('/async', (_request, reply) => { reply.callNotFound() })
    },
    'options of the handler': (app, load) => { load(app); notFound({ config: { secondFactor: {} } })(app) },
    'a guard of the handler': (app, load) => { load(app); notFound({ onRequest: require2FA })(app) },
    'guards of the handler': (app, load) => { load(app); notFound({ preValidation: [async () => {}, verifySession()] })(app) },
    'a handler with the guard where it belongs': (app, load) => { notFound({ preHandler: require2FA })(app); load(app) }
  }
  for (const [name, host] of Object.entries(hosts)) {
    const app = build(t, host)
    await app.ready()
    for (const url of ['/public', '/async', '/nowhere']) {
      const response = await app.inject(url)
      t.equal(response.statusCode, 401, `${name}: ${url}`)
      t.notMatch(response.body, 'secret')
    }
  }

  const app = build(t, hosts.secureByDefault!)
  await app.ready()
  const user = await signUp(app)
  t.equal((await user.session.inject('/public')).statusCode, 403)
  await passSecondFactor(app, user)
  for (const url of ['/public', '/async', '/nowhere']) t.equal((await user.session.inject(url)).body, 'secret', url)

  const open = build(t, (app, load) => { load(app, SECURE); notFound({ config: { secondFactor: false } })(app) })
  await open.ready()
  for (const url of ['/public', '/async', '/nowhere']) t.equal((await open.inject(url)).body, 'secret', 'unless it is public')
})

t.test('a websocket opens only after the second factor', async (t) => {
  for (const when of ['first', 'last']) {
    const app = build(t, (app, load) => {
      if (when === 'first') load(app, SECURE)
      app.register(websocket)
      app.register(async (scope) => {
        scope.get('/socket', { websocket: true }, (socket) => { socket.send('secret') })
        scope.get('/headers', async ({ headers }) => headers)
      })
      if (when === 'last') load(app, SECURE)
    })
    const address = await listen(app)
    const upgrade = request(`${address}/socket`, { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } }).end()
    const [response] = await once(upgrade, 'response') as [{ statusCode: number, resume (): void }]
    t.equal(response.statusCode, 401, when)
    response.resume()

    const user = await signUp(app)
    await passSecondFactor(app, user)
    const { cookie, authorization } = (await user.session.inject('/headers')).json<Record<string, string>>()
    const socket = await app.injectWS('/socket', { headers: { origin: WEBSITE, ...(cookie !== undefined && { cookie }), ...(authorization !== undefined && { authorization }) } })
    t.equal(socket.readyState, socket.OPEN, `${when}: after the code`)
    socket.terminate()
    await app.close()
  }
})

t.test('what secureByDefault cannot reach or should not guard stops the boot', async (t) => {
  const unreached = { code: 'AUTH_ROUTE_UNGUARDED', message: /GET \/orders: secureByDefault does not reach it/ }
  await refusesToBoot(t, (app, load) => {
    app.register(async (scope) => { load(scope, SECURE) })
    app.register(async (scope) => { scope.get('/orders', secret) })
  }, unreached, 'beside its scope, later')
  await refusesToBoot(t, (app, load) => {
    app.register(async (scope) => { load(scope, SECURE) }, { prefix: '/inner' })
    app.setNotFoundHandler(secret)
  }, { code: 'AUTH_ROUTE_UNGUARDED', message: /404 handler of \/: secureByDefault does not reach it/ }, '404 handler around its scope')
  await t.rejects(listen(build(t, (app, load) => {
    app.get('/orders', secret)
    app.register(async (scope) => { load(scope, SECURE) })
  })), unreached, 'around its scope, earlier')
  await refusesToBoot(t, (app, load) => {
    load(app, SECURE)
    app.get('/orders', { ...PUBLIC, preHandler: require2FA }, secret)
  }, { code: 'AUTH_ROUTE_UNGUARDED', message: /secondFactor is false, but the route has a guard/ }, 'open and guarded')
  await refusesToBoot(t, (app, load) => {
    load(app, SECURE)
    app.get('/orders', loose({ preHandler: app.require2FA }), secret)
  }, { code: 'AUTH_ROUTE_UNGUARDED', message: /preHandler is undefined/ }, 'undefined')
  await refusesToBoot(t, (app, load) => {
    load(app, { secureByDefault: 'yes' as unknown as boolean })
    app.get('/orders', secret)
  }, { code: 'AUTH_OPTIONS_INVALID', message: /secureByDefault must be true or false/ }, 'neither on nor off')
})
