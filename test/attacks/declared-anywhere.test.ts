import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify'
import t from 'tap'
import { require2FA, verifySession } from '../../src/index.js'
import { signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build, listen, loose, refusesToBoot, secret, who, startCore, type Host } from './suite/careless-host.js'

await startCore()

t.test('guards and route options work wherever they are declared', async (t) => {
  const hosts: Record<string, Host> = {
    'route options alone, without await' (app, load) {
      load(app)
      app.get('/orders', { config: { secondFactor: { maxAge: '5m' } } }, who)
    },
    'route options alone, before' (app, load) {
      app.get('/orders', { config: { secondFactor: {} } }, who)
      load(app)
    },
    'route options alone, in a scope that loads first' (app, load) {
      app.register(async (scope) => { scope.get('/', { config: { secondFactor: {} } }, who) }, { prefix: '/orders' })
      load(app)
    },
    'route options and another guard' (app, load) {
      load(app)
      app.get('/orders', { preHandler: verifySession({ sessionRequired: false, overrideGlobalClaimValidators: () => [] }), config: { secondFactor: {} } }, who)
    },
    'route options and the guard of the scope' (app, load) {
      load(app)
      app.register(async (scope) => {
        scope.addHook('preHandler', scope.require2FA!)
        scope.get('/orders', { config: { secondFactor: { maxAge: '5m' } } }, who)
      })
    },
    'imported guard, without await' (app, load) {
      load(app)
      app.get('/orders', { preHandler: require2FA }, who)
    },
    'imported guard, before, in a list' (app, load) {
      app.get('/orders', { onRequest: [async () => {}, require2FA] }, who)
      load(app)
    },
    'imported guard, in a scope that loads first' (app, load) {
      app.register(async (scope) => { scope.get('/orders', { preValidation: require2FA }, who) })
      load(app)
    },
    'imported guard, called' (app, load) {
      app.get('/orders', { preHandler: async (request, reply) => await require2FA(request, reply) }, who)
      load(app)
    },
    'imported guard, called with done' (app, load) {
      app.get('/orders', { preHandler: (request, reply, done) => { require2FA(request, reply, done) } }, who)
      load(app)
    },
    'imported guard beside hooks that a wrapper passes on undefined' (app, load) {
      app.get('/orders', { onRequest: undefined, preHandler: require2FA } as never, who)
      load(app)
    },
    'imported guard of a scope' (app, load) {
      app.register(async (scope) => {
        scope.addHook('preHandler', require2FA)
        scope.get('/orders', who)
      })
      load(app)
    },
    'imported guard of the whole app, which leaves signing in open' (app, load) {
      app.addHook('onRequest', require2FA)
      load(app)
      app.get('/orders', who)
    },
    'the other imported guard of the whole app' (app, load) {
      app.addHook('preHandler', verifySession({ checkDatabase: true }))
      load(app)
      app.get('/orders', who)
    },
    'decorators as guards of the whole app, after loading' (app, load) {
      load(app)
      app.after(() => {
        app.addHook('preHandler', app.verifySession!())
        app.addHook('onRequest', app.require2FA!)
      })
      app.get('/orders', who)
    },
    'the other imported guard' (app, load) {
      app.get('/orders', { preHandler: verifySession() }, who)
      load(app)
    }
  }
  for (const [name, host] of Object.entries(hosts)) {
    const app = build(t, host)
    const url = `${await listen(app)}/orders`
    for (const method of ['GET', 'HEAD']) t.equal((await fetch(url, { method })).status, 401, `${name}: ${method} by a stranger`)
    const { session } = await signUp(app)
    t.equal((await session.inject('/orders')).statusCode, 403, `${name}: after the password`)
    const user = await signInWithSecondFactor(app)
    for (let i = 0; i < 2; i++) t.equal((await user.session.inject('/orders')).body, user.userId, `${name}: after the code`)
    await app.close()
  }
})

t.test('guards around the whole app leave its endpoints for signing in open, and nothing else', async (t) => {
  const hooks = ['onRequest', 'preValidation', 'preHandler'] as const
  const around: Record<string, (app: FastifyInstance) => void> = {
    'hooks' (app) {
      for (const hook of hooks) {
        for (const guard of [require2FA, verifySession(), verifySession({ checkDatabase: true }), app.require2FA, app.verifySession?.()]) {
          if (guard != null) app.addHook(hook, guard)
        }
        app.addHook(hook, async (request, reply) => await require2FA(request, reply))
        app.addHook(hook, (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => { require2FA(request, reply, done) })
      }
      app.addHook('preParsing', (request, reply, _payload, done) => { require2FA(request, reply, done) })
    },
    'an onRoute hook' (app) {
      app.addHook('onRoute', (route) => { for (const hook of hooks) route[hook] = [require2FA, verifySession(), ...[route[hook] ?? []].flat()] as never })
    }
  }
  for (const [name, guardAll] of Object.entries(around)) {
    for (const when of ['before', 'after']) {
      const app = build(t, (app, load) => {
        if (when === 'before') guardAll(app)
        load(app)
        if (when === 'after') app.after(() => { guardAll(app) })
        app.register(async (scope) => { scope.get('/orders', who) })
      })
      await app.ready()
      const user = await signInWithSecondFactor(app)
      t.equal((await user.session.inject('/orders')).body, user.userId, `${name}, ${when}`)
      for (const url of ['/orders', '/nowhere', '/auth/nowhere']) t.equal((await app.inject(url)).statusCode, name === 'hooks' || url === '/orders' ? 401 : 404, `${name}, ${when}: ${url}`)
      t.equal((await user.session.inject({ method: 'POST', url: '/auth/signout' })).statusCode, 200)
      t.equal((await app.inject('/auth/jwt/jwks.json')).statusCode, 200)
      await app.close()
    }
  }
})

t.test('route options count once for the guard of the scope and for the route\'s own', async (t) => {
  const app = build(t, (app, load) => {
    load(app)
    app.register(async (scope) => {
      scope.addHook('preHandler', require2FA)
      scope.get('/orders', { config: { secondFactor: {} } }, who)
      scope.get('/admin', { config: { secondFactor: { roles: ['admin'] } } }, who)
    })
  })
  await app.ready()
  const { session } = await signInWithSecondFactor(app)
  t.equal((await session.inject('/admin')).statusCode, 403)
  const before = app.twoFactor.sessionCache.hits
  for (let i = 0; i < 2; i++) t.equal((await session.inject('/orders')).statusCode, 200)
  t.equal(app.twoFactor.sessionCache.hits - before, 2)
})

t.test('a guard admits nobody where the plugin is not registered', async (t) => {
  const app = build(t, (app, load) => {
    app.get('/orders', { preHandler: require2FA }, secret)
    app.get('/early', { onRequest: [verifySession({ sessionRequired: false })] }, secret)
    app.get('/options', { config: { secondFactor: {} } }, secret)
    app.get('/called', { preHandler: async (request, reply) => await require2FA(request, reply) }, secret)
    app.register(async (scope) => { load(scope) })
  })
  const address = await listen(app)
  for (const path of ['/orders', '/early', '/options', '/called']) {
    const response = await fetch(address + path)
    t.equal(response.status, 500, path)
    t.match(await response.json(), { code: 'AUTH_GUARD_NOT_LOADED' }, path)
  }
})

t.test('an onRoute hook of the host does not take the guard away', async (t) => {
  const changes: ((route: RouteOptions) => void)[] = [
    (route) => { route.config = { ...route.config, secondFactor: { roles: ['admin'] } } },
    (route) => { Object.assign(route.config ?? {}, { secondFactor: { roles: ['admin'] } }) },
    (route) => { route.preHandler = async () => {} }
  ]
  for (const [i, change] of changes.entries()) {
    const app = build(t, (app, load) => {
      load(app)
      app.register(async (scope) => {
        scope.addHook('onRoute', change)
        scope.get('/orders', { config: i < 2 ? {} : { secondFactor: {} } }, secret)
      })
    })
    await t.rejects(listen(app), { code: 'AUTH_ROUTE_UNGUARDED', message: /GET \/orders: config\.secondFactor was set, or the guard was removed/ })
  }
  const fine = build(t, (app, load) => {
    load(app)
    app.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, secondFactor: { maxAge: '5m' } }
        route.preHandler = require2FA
      })
      scope.get('/orders', secret)
    })
  })
  t.equal((await fetch(`${await listen(fine)}/orders`)).status, 401)
})

t.test('a slip in a route\'s options does not weaken its guard', async (t) => {
  const slips: [object, string, RegExp][] = [
    [{ config: { secondfactor: {} } }, 'AUTH_OPTIONS_INVALID', /config\.secondfactor is not an option/],
    [{ config: { secondFactors: { maxAge: '5m' } } }, 'AUTH_OPTIONS_INVALID', /config\.secondFactors is not an option/],
    [{ config: { second_factor: {} } }, 'AUTH_OPTIONS_INVALID', /config\.second_factor is not an option/],
    [{ config: { require2FA: true } }, 'AUTH_OPTIONS_INVALID', /config\.require2FA is not an option/],
    [{ secondFactor: {} }, 'AUTH_OPTIONS_INVALID', /: secondFactor is not an option\. Write config\.secondFactor/],
    [{ config: { secondFactor: true } }, 'AUTH_OPTIONS_INVALID', /config\.secondFactor is true/],
    [{ config: { secondFactor: null } }, 'AUTH_OPTIONS_INVALID', /config\.secondFactor is null/],
    [{ config: { secondFactor: undefined } }, 'AUTH_OPTIONS_INVALID', /config\.secondFactor is undefined/],
    [{ config: { secondFactor: [] } }, 'AUTH_OPTIONS_INVALID', /config\.secondFactor is \[\]/],
    [{ config: { secondFactor: { maxage: '5m' } } }, 'AUTH_OPTIONS_INVALID', /secondFactor\.maxage is not an option\. Did you mean "maxAge"/],
    [{ config: { secondFactor: { role: ['admin'] } } }, 'AUTH_OPTIONS_INVALID', /secondFactor\.role is not an option\. Did you mean "roles"/],
    [{ config: { secondFactor: { toString: 1 } } }, 'AUTH_OPTIONS_INVALID', /secondFactor\.toString is not an option/],
    [{ config: { secondFactor: { maxAge: undefined } } }, 'AUTH_OPTIONS_INVALID', /secondFactor\.maxAge: "undefined" is not a duration/],
    [{ config: { secondFactor: { roles: [] } } }, 'AUTH_OPTIONS_INVALID', /secondFactor\.roles: it must be a list of names/],
    [{ preHandler: require2FA, config: { secondFactor: false } }, 'AUTH_ROUTE_UNGUARDED', /secondFactor is false, but the route has a guard/],
    [{ prehandler: require2FA }, 'AUTH_ROUTE_UNGUARDED', /prehandler has a guard, which belongs in/],
    [{ prehandler: undefined }, 'AUTH_ROUTE_UNGUARDED', /prehandler is undefined/],
    [{ config: { preHandler: require2FA } }, 'AUTH_ROUTE_UNGUARDED', /config has a guard, which belongs in/],
    [{ hooks: { preHandler: [require2FA] } }, 'AUTH_ROUTE_UNGUARDED', /hooks has a guard, which belongs in/],
    [{ onSend: [verifySession()] }, 'AUTH_ROUTE_UNGUARDED', /onSend has a guard, which belongs in/],
    [{ preParsing: require2FA }, 'AUTH_ROUTE_UNGUARDED', /preParsing has a guard, which belongs in/],
    [{ preHandler: verifySession }, 'AUTH_ROUTE_UNGUARDED', /preHandler is verifySession itself/]
  ]
  for (const [options, code, message] of slips) {
    const declare = (app: FastifyInstance) => { app.get('/orders', loose(options), secret) }
    await refusesToBoot(t, (app, load) => { declare(app); load(app) }, { code, message }, `${message} before loading`)
    await refusesToBoot(t, (app, load) => { load(app); app.register(async (scope) => { declare(scope) }) }, { code, message }, `${message} after loading`)
  }
})

t.test('a guard of a scope that cannot work there admits nobody', async (t) => {
  for (const hook of ['preParsing', 'preSerialization', 'onSend'] as const) {
    const app = build(t, (app, load) => {
      app.addHook(hook, require2FA as never)
      app.get('/orders', async () => ({ secret: true }))
      load(app)
    })
    t.match(await (await fetch(`${await listen(app)}/orders`)).json(), { code: 'AUTH_GUARD_MISUSED' }, hook)
  }
  const uncalled = build(t, (app, load) => {
    app.addHook('preHandler', verifySession as never)
    app.get('/orders', secret)
    load(app)
  })
  t.match(await (await fetch(`${await listen(uncalled)}/orders`)).json(), { code: 'AUTH_GUARD_MISUSED' })
})
