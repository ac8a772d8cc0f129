import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import t, { type Test } from 'tap'
import { errors, fastify2fa, require2FA, sessionOf, sessionRoutes, type Fastify2faOptions } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

/** Its types claim `request.session` for themselves, so TypeScript must not see them beside ours. */
const { default: hostSession } = await import('@fastify/session' as string) as { default: FastifyPluginAsync<{ secret: string }> }

interface HostSession {
  visits?: number
}

async function boot (t: Test, prepare: (app: FastifyInstance) => Promise<void>, options: Fastify2faOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await prepare(app)
  await app.register(fastify2fa, { ...(await testCore()).options, ...options })
  return app
}

t.test('a host keeps its own decorators, whatever they are called', async (t) => {
  const names = ['core', 'sms', 'mail', 'outbox', 'deliverInBackground', 'afterAnswer', 'delivered', 'limits', 'secondFactor', 'sessionCache', 'recipes']
  const app = await boot(t, async (app) => {
    for (const name of names) app.decorate(name, `the host's ${name}`)
  })
  app.get('/mine', { preHandler: require2FA }, async () => 'in')
  const user = await signInWithSecondFactor(app)
  t.equal((await user.session.inject('/mine')).body, 'in')
  for (const name of names) t.equal((app as unknown as Record<string, unknown>)[name], `the host's ${name}`)
  t.same(Object.keys(app.twoFactor).sort(), names.sort())
})

t.test('a plugin that is registered twice stops the boot', async (t) => {
  const { options } = await testCore()
  const app = await boot(t, async () => {})
  await t.rejects(async () => { await app.register(fastify2fa, options) }, { code: new errors.RegisteredTwice().code })
})

t.test('@fastify/session stands beside it, before and after, under sessionProperty', async (t) => {
  const secret = 'a secret of at least thirty-two characters'
  async function addHostSession (app: FastifyInstance): Promise<void> {
    await app.register(cookie)
    await app.register(hostSession, { secret })
  }
  for (const order of ['before', 'after'] as const) {
    const app = await boot(t, async (app) => { if (order === 'before') await addHostSession(app) }, { sessionProperty: 'authSession' })
    if (order === 'after') await addHostSession(app)
    await app.register(sessionRoutes)
    app.get('/both', { preHandler: require2FA }, async (request) => {
      const host = request.session as unknown as HostSession
      host.visits = (host.visits ?? 0) + 1
      const { authSession } = request as unknown as { authSession: ReturnType<typeof sessionOf> }
      return { visits: host.visits, userId: sessionOf(request)!.getUserId(), same: authSession === sessionOf(request) }
    })
    const user = await signInWithSecondFactor(app)
    const first = await user.session.inject('/both')
    t.same(first.json(), { visits: 1, userId: user.userId, same: true }, order)
    t.equal((await app.inject('/both')).statusCode, 401)
    t.equal((await user.session.inject('/me')).json().userId, user.userId, 'routes of the service read the session under its name')
  }
})

t.test('a name that is no property stops the boot', async (t) => {
  for (const sessionProperty of ['', 'a b', '1st', 5]) {
    await t.rejects(boot(t, async () => {}, { sessionProperty: sessionProperty as string }), { code: 'AUTH_OPTIONS_INVALID' })
  }
  await t.rejects(boot(t, async (app) => { app.decorateRequest('taken', undefined) }, { sessionProperty: 'taken' }), { code: 'AUTH_SESSION_DECORATED' })
})
