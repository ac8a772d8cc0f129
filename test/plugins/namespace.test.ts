import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { errors, fastify2fa, require2FA, type Fastify2faOptions } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

async function boot (t: Test, prepare: (app: FastifyInstance) => Promise<void>, options: Fastify2faOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await prepare(app)
  await app.register(fastify2fa, { ...(await testCore()).options, ...options })
  return app
}

t.test('a host keeps its own decorators, whatever they are called', async (t) => {
  const names = [
    'core', 'sms', 'mail', 'outbox', 'deliverInBackground', 'inBackground', 'afterAnswer', 'delivered', 'metrics', 'limits', 'tracing', 'secondFactor', 'sessionCache', 'recipes', 'authPath', 'languages',
    'contests', 'credentialEndpoints', 'emailChange', 'keepHouse', 'operations', 'pages', 'passwords', 'recovery', 'onReload', 'reload', 'revocations', 'serviceClients', 'signer', 'smsReceipts', 'forwardAuth', 'admin', 'auditTrail', 'auditSinks', 'auditReader'
  ]
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

t.test('a name that is no property stops the boot', async (t) => {
  for (const sessionProperty of ['', 'a b', '1st', 5]) {
    await t.rejects(boot(t, async () => {}, { sessionProperty: sessionProperty as string }), { code: 'AUTH_OPTIONS_INVALID' })
  }
  await t.rejects(boot(t, async (app) => { app.decorateRequest('taken', undefined) }, { sessionProperty: 'taken' }), { code: 'AUTH_SESSION_DECORATED' })
})
