import { channel } from 'node:diagnostics_channel'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { require2FA } from '../../src/index.js'
import { build, listen, loose, refusesToBoot, secret, startCore, type Host } from './suite/careless-host.js'

await startCore()

t.test('a guard that is undefined when its route is declared does not open the route', async (t) => {
  const unguarded = { code: 'AUTH_ROUTE_UNGUARDED', message: /GET \/orders: preHandler is undefined\. Use require2FA/ }
  const hosts: Record<string, Host> = {
    'after register, without await' (app, load) {
      load(app)
      app.get('/orders', loose({ preHandler: app.require2FA }), secret)
    },
    'before register' (app, load) {
      app.get('/orders', loose({ preHandler: app.require2FA }), secret)
      load(app)
    },
    'as a full declaration with several methods' (app, load) {
      load(app)
      app.route(loose({ method: ['GET', 'POST'], url: '/orders', preHandler: app.require2FA, handler: secret }))
    },
    'in a scope that loads first' (app, load) {
      app.register(async (scope) => { scope.get('/orders', loose({ preHandler: scope.require2FA }), secret) })
      load(app)
    },
    'in a scope of a scope that loads first' (app, load) {
      app.register(async (scope) => {
        scope.register(async (inner) => { inner.get('/', loose({ preHandler: inner.require2FA }), secret) }, { prefix: '/orders' })
      })
      load(app)
    },
    'beside the scope of the plugin' (app, load) {
      app.register(async (scope) => { load(scope) })
      app.register(async (scope) => { scope.get('/orders', loose({ preHandler: scope.require2FA }), secret) })
    },
    'a misspelt decorator, after loading' (app, load) {
      load(app)
      app.register(async (scope) => { scope.get('/orders', loose({ preHandler: (scope as unknown as Record<string, unknown>).require2fa }), secret) })
    },
    'the other guard' (app, load) {
      load(app)
      app.get('/orders', loose({ preHandler: app.verifySession?.({}) }), secret)
    },
    'beside a hook of the host' (app, load) {
      load(app)
      app.get('/orders', loose({ onRequest: async () => {}, preHandler: app.require2FA }), secret)
    }
  }
  for (const [name, host] of Object.entries(hosts)) {
    await refusesToBoot(t, host, { ...unguarded, message: name.includes('several methods') ? /GET, POST \/orders: preHandler is undefined/ : unguarded.message }, name)
  }
  for (const hook of ['onRequest', 'preParsing', 'preValidation']) {
    await refusesToBoot(t, (app, load) => {
      load(app)
      app.get('/orders', loose({ [hook]: app.require2FA }), secret)
    }, { code: 'AUTH_ROUTE_UNGUARDED', message: new RegExp(`GET /orders: ${hook} is undefined`) }, hook)
  }
  const unguardedNotFound: Record<string, Host> = {
    'after register, without await' (app, load) {
      load(app)
      app.setNotFoundHandler(loose({ preHandler: app.require2FA }), secret)
    },
    'before register' (app, load) {
      app.setNotFoundHandler(loose({ preHandler: app.require2FA }), secret)
      load(app)
    },
    'in a scope that loads first' (app, load) {
      app.register(async (scope) => { scope.setNotFoundHandler(loose({ preHandler: scope.require2FA }), secret) })
      load(app)
    },
    'in a scope with a prefix, in another hook' (app, load) {
      app.register(async (scope) => { scope.setNotFoundHandler(loose({ onRequest: scope.require2FA }), secret) }, { prefix: '/orders' })
      load(app)
    },
    'with another hook beside it' (app, load) {
      load(app)
      app.setNotFoundHandler(loose({ preHandler: async () => {}, preValidation: app.require2FA }), secret)
    },
    'switched off' (app, load) {
      load(app)
      app.setNotFoundHandler(loose({ preHandler: false }), secret)
    },
    'null' (app, load) {
      app.setNotFoundHandler(loose({ preValidation: null }), secret)
      load(app)
    },
    'with a misspelt name' (app, load) {
      load(app)
      app.setNotFoundHandler(loose({ prehandler: require2FA }), secret)
    }
  }
  for (const [name, host] of Object.entries(unguardedNotFound)) {
    await refusesToBoot(t, host, { code: 'AUTH_ROUTE_UNGUARDED', message: /404 handler of \/(orders)?: (preHandler|onRequest|preValidation|prehandler) (is undefined|is null|is false|has a guard)/ }, `404 handler ${name}`)
  }
  // Fastify itself refuses these.
  for (const host of [
    (app: FastifyInstance) => { app.get('/orders', loose({ preHandler: [app.require2FA] }), secret) },
    (app: FastifyInstance) => { app.addHook('preHandler', app.require2FA!) }
  ]) await refusesToBoot(t, (app, load) => { load(app); host(app) }, { code: 'FST_ERR_HOOK_INVALID_HANDLER', message: /undefined/i }, 'by Fastify')
})

t.test('every route that would be open is named at once', async (t) => {
  const app = build(t, (app, load) => {
    app.get('/orders', loose({ preHandler: app.require2FA }), secret)
    app.post('/payout', loose({ preHandler: app.require2FA }), secret)
    load(app)
  })
  const { message } = await listen(app).then(() => new Error('it listens'), (err: Error) => err)
  t.strictSame(message.split('\n').map((line) => line.split(':')[0]), ['This app has routes that would be open to anyone', 'GET /orders', 'POST /payout'])
})

t.test('a hook that is undefined on purpose can be said so', async (t) => {
  const app = build(t, (app, load) => {
    load(app)
    app.get('/public', loose({ preHandler: undefined, config: { secondFactor: false } }), secret)
  })
  t.equal((await fetch(`${await listen(app)}/public`)).status, 200)
})

/** An app that this library cannot see being created, as one that exists before the import. */
function unwatched (): FastifyInstance {
  const births = channel('fastify.initialization')
  const watcher = Reflect.get(births, Symbol.for('fastify-2fa.watch')) as () => void
  births.unsubscribe(watcher)
  const app = Fastify({ logger: false })
  births.subscribe(watcher)
  return app
}

t.test('an app whose boot has failed serves nobody, however often it is asked', async (t) => {
  const broken = async (): Promise<void> => { throw new Error('broken') }
  const hosts: Record<string, Host> = {
    'another plugin, before ours' (app, load) {
      app.get('/orders', loose({ preHandler: app.require2FA }), secret)
      app.register(broken)
      load(app)
    },
    'another plugin, before the scope of ours' (app, load) {
      app.get('/orders', loose({ preHandler: app.require2FA }), secret)
      app.register(broken)
      app.register(async (scope) => { load(scope) })
    },
    'another plugin, before one that would have guarded all' (app, load) {
      app.get('/orders', secret)
      app.register(broken)
      load(app, { secureByDefault: true })
    },
    'another plugin, before one that would have guarded the 404 handler' (app, load) {
      app.setNotFoundHandler(secret)
      app.register(broken)
      load(app, { secureByDefault: true })
    },
    'a hook of the host, when all is ready' (app, load) {
      load(app)
      app.get('/orders', secret)
      app.addHook('onReady', broken)
    },
    'our own check, when all is ready' (app, load) {
      load(app)
      app.register(async (scope) => {
        scope.addHook('onRoute', (route) => { route.preHandler = async () => {} })
        scope.get('/orders', { config: { secondFactor: {} } }, secret)
      })
    }
  }
  for (const [name, host] of Object.entries(hosts)) {
    await refusesToBoot(t, host, { message: /broken|the guard was removed/ } as never, name)
    const app = build(t, host)
    for (let i = 0; i < 2; i++) await t.rejects(app.inject('/orders'), `${name}, by inject alone`)
    await t.rejects(async () => { await app.ready() })
    await new Promise<void>((resolve) => { app.ready((err) => { t.ok(err, name); resolve() }) })
  }
})

t.test('routes of an app that was created before the import cannot be checked, so it does not boot', async (t) => {
  const earlyRoutes: Host[] = [
    (app, load) => { app.get('/orders', loose({ preHandler: app.require2FA }), secret); load(app) },
    (app, load) => { app.setNotFoundHandler(loose({ preHandler: app.require2FA }), secret); load(app) }
  ]
  for (const host of earlyRoutes) {
    const early = build(t, host, unwatched())
    await t.rejects(listen(early), { code: 'AUTH_ROUTE_UNGUARDED', message: /before fastify-2fa was imported/ })
    for (let i = 0; i < 2; i++) t.not((await early.inject('/orders').catch(() => undefined))?.statusCode, 200)
  }

  for (const where of ['root', 'scope']) {
    const late = build(t, (app, load) => {
      app.register(async (scope) => { load(where === 'root' ? app : scope) })
      app.register(async (scope) => { scope.get('/orders', loose({ preHandler: undefined }), secret) })
    }, unwatched())
    await t.rejects(listen(late), { code: 'AUTH_ROUTE_UNGUARDED', message: /GET \/orders: preHandler is undefined/ }, where)
  }

  const fine = build(t, (app, load) => {
    load(app)
    app.register(async (scope) => { scope.get('/orders', { config: { secondFactor: {} } }, secret) })
  }, unwatched())
  t.equal((await fetch(`${await listen(fine)}/orders`)).status, 401)
})

t.test('apps that do not use the library are left alone', async (t) => {
  const app = build(t, (app) => {
    app.get('/orders', loose({ preHandler: undefined, config: { secondFactors: 'something else' } }), async () => 'public')
  })
  t.equal((await fetch(`${await listen(app)}/orders`)).status, 200)
})
