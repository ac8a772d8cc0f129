import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../src/index.js'
import { passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

async function build (t: Test, routes: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  routes(app)
  await app.ready()
  return app
}

const who = async ({ session }: FastifyRequest) => ({ userId: session?.getUserId() ?? null })

t.test('until an app is ready there is no cache', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  app.twoFactor.sessionCache.clear()
  t.match(app.twoFactor.sessionCache, { enabled: false, hits: 0, misses: 0, size: 0 })
})

t.test('the guards fit wherever Fastify takes a hook', async (t) => {
  const app = await build(t, (app) => {
    app.get('/one', { preHandler: app.require2FA! }, who)
    app.get('/several', { preHandler: [app.verifySession!(), app.require2FA!] }, who)
    app.get('/early', { onRequest: app.require2FA! }, who)
    app.get('/called', {
      async preHandler (request: FastifyRequest, reply: FastifyReply) {
        return await app.require2FA!(request, reply)
      }
    }, who)
    app.register(async (scope) => {
      scope.addHook('preHandler', scope.require2FA!)
      scope.addHook('onRequest', scope.verifySession!({ checkDatabase: false }))
      scope.get('/scoped', who)
    })
  })
  const stranger = await signUp(app)
  const { session, userId } = await signInWithSecondFactor(app)
  for (const url of ['/one', '/several', '/early', '/called', '/scoped']) {
    t.equal((await app.inject(url)).statusCode, 401, `${url} without a session`)
    t.equal((await stranger.session.inject(url)).statusCode, 403, `${url} after the first factor`)
    for (const temperature of ['cold', 'warm']) {
      const response = await session.inject(url)
      t.equal(response.statusCode, 200, `${url} ${temperature}`)
      t.same(response.json(), { userId }, `${url} ${temperature}`)
    }
  }
})

t.test('the cache can be watched and emptied', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  app.get('/protected', { preHandler: app.require2FA! }, who)
  await app.ready()
  t.equal(app.twoFactor.sessionCache.enabled, true)
  const { session } = await signInWithSecondFactor(app)
  app.twoFactor.sessionCache.clear()
  const before = { ...app.twoFactor.sessionCache }
  for (let i = 0; i < 3; i++) await session.inject('/protected')
  t.equal(app.twoFactor.sessionCache.misses - before.misses, 1)
  t.equal(app.twoFactor.sessionCache.hits - before.hits, 2)
  t.equal(app.twoFactor.sessionCache.size, 1)
  app.twoFactor.sessionCache.clear()
  t.equal(app.twoFactor.sessionCache.size, 0)
})

t.test('what is set on the request is what the handler gets', async (t) => {
  const app = await build(t, (app) => {
    app.get('/anonymous', who)
    app.get('/taken-away', {
      preHandler: [app.require2FA!, async (request: FastifyRequest) => { request.session = undefined }]
    }, who)
  })
  const { session } = await signInWithSecondFactor(app)
  t.same((await session.inject('/anonymous')).json(), { userId: null })
  for (let i = 0; i < 2; i++) t.same((await session.inject('/taken-away')).json(), { userId: null })
})

t.test('a second factor that passes later opens the route at once', async (t) => {
  const app = await build(t, (app) => {
    app.get('/protected', { preHandler: app.require2FA! }, who)
    app.get('/fresh', { preHandler: app.require2FA!, config: { secondFactor: { maxAge: 3600 } } }, who)
  })
  const user = await signUp(app)
  for (let i = 0; i < 2; i++) {
    const refused = await user.session.inject('/protected')
    t.equal(refused.statusCode, 403)
    t.same(refused.json(), { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'wrong value', expectedValue: true, actualValue: false } }] })
  }
  await passSecondFactor(app, user)
  for (const url of ['/protected', '/fresh', '/fresh']) t.equal((await user.session.inject(url)).statusCode, 200, url)
})

t.test('a duration that is none stops the boot', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  t.throws(() => app.get('/x', { preHandler: app.require2FA!, config: { secondFactor: { maxAge: 'soon' } } }, who), { code: 'AUTH_OPTIONS_INVALID' })
  for (const wrong of [{ roles: 'admin' }, { roles: [] }, { permissions: [1] }]) {
    t.throws(() => app.get('/x', { preHandler: app.require2FA!, config: { secondFactor: wrong as never } }, who), { code: 'AUTH_OPTIONS_INVALID' })
  }
})

t.test('request.session belongs to one plugin', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  app.decorateRequest('session', undefined)
  await t.rejects(async () => { await app.register(fastify2fa, (await testCore()).options) }, { code: 'AUTH_SESSION_DECORATED' })
})
