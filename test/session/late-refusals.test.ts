import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA, verifySession } from '../../src/index.js'
import { EmailVerification, Session } from '../../src/supertokens/for-hosts.js'
import { passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

const ended = () => new Session.Error({ type: 'UNAUTHORISED', message: 'Session does not exist anymore' })

async function build (t: Test, routes: (app: FastifyInstance) => void, isHost = true): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  routes(app)
  if (isHost) await app.register(fastify2fa, (await testCore()).options)
  await app.ready()
  return app
}

/** Errors of a host, each thrown in a handler. */
const THROWN: Record<string, unknown> = {
  plain: new Error('plain'),
  coded: Object.assign(new Error('coded'), { statusCode: 418, code: 'TEAPOT' }),
  text: 'text',
  nothing: undefined
}

function throwing (app: FastifyInstance, prefix: string, errorHandler?: Parameters<FastifyInstance['setErrorHandler']>[0]): void {
  for (const [name, thrown] of Object.entries(THROWN)) {
    app.get(`${prefix}/${name}`, { errorHandler: errorHandler as never }, async () => { throw thrown })
  }
}

t.test('a host\'s own errors go where they always went', async (t) => {
  const seen: unknown[] = []
  const hooked: unknown[] = []
  const app = await build(t, (app) => {
    app.addHook('onError', async (_request, _reply, err) => { hooked.push(err) })
    throwing(app, '/default')
    throwing(app, '/own', (err, _request, reply) => {
      seen.push(err)
      reply.code(409).send({ own: true })
    })
    // Answers later than it returns, as with callbacks.
    throwing(app, '/late', (err, _request, reply) => {
      seen.push(err)
      setImmediate(() => { reply.code(410).send({ late: true }) })
    })
    throwing(app, '/passes-on', (err) => {
      seen.push(err)
      throw err
    })
    app.register(async (scope) => {
      throwing(scope, '/scope')
      scope.setErrorHandler(async (err: unknown, _request, reply) => {
        seen.push(err)
        return await reply.code(411).send({ scope: true })
      })
    })
  })
  const answers = async (prefix: string) => {
    const found: unknown[] = []
    for (const name of Object.keys(THROWN)) {
      const response = await app.inject(`${prefix}/${name}`)
      found.push([response.statusCode, /json/.test(String(response.headers['content-type'])) ? response.json() : response.body])
    }
    return found
  }
  const errors = Object.values(THROWN)
  const [plain, coded] = [[500, { statusCode: 500, error: 'Internal Server Error', message: 'plain' }], [418, { statusCode: 418, code: 'TEAPOT', error: 'I\'m a Teapot', message: 'coded' }]]
  t.match(await answers('/default'), [plain, coded, [500, 'text'], [500, '']])
  t.same(hooked, errors, 'each once')
  for (const [prefix, answer] of Object.entries({ '/own': [409, { own: true }], '/late': [410, { late: true }], '/scope': [411, { scope: true }] })) {
    seen.splice(0)
    t.same(await answers(prefix), errors.map(() => answer), prefix)
    t.same(seen, errors, prefix)
  }
  seen.splice(0)
  t.match((await answers('/passes-on')).slice(0, 2), [plain, coded])
  t.same(seen, errors)
})

t.test('session errors are answered wherever they are thrown', async (t) => {
  const own: unknown[] = []
  const app = await build(t, (app) => {
    app.setErrorHandler((err, _request, reply) => {
      own.push(err)
      reply.code(500).send('oops')
    })
    app.get('/handler', async () => { throw ended() })
    app.get('/sent', (_request, reply) => { reply.header('x-kept', 'yes').send(ended()) })
    app.get('/hook', { preHandler: async () => { throw ended() } }, async () => 'in')
    app.get('/route', { errorHandler: (err, _request, reply) => { own.push(err); reply.code(500).send('oops') } }, async () => { throw ended() })
    app.get('/schema', { schema: { response: { '4xx': { type: 'object', properties: {} } } } }, async () => { throw ended() })
    app.get('/gone', (_request, reply) => { reply.callNotFound() })
    app.setNotFoundHandler({ config: { secondFactor: false } } as never, async () => { throw ended() })
    app.get('/signs-out', async () => { throw new Session.Error({ type: 'UNAUTHORISED', message: 'this account is closed' }) })
    app.get('/expired', async () => { throw new Session.Error({ type: 'TRY_REFRESH_TOKEN', message: 'old' }) })
  })
  for (const url of ['/handler', '/sent', '/hook', '/route', '/schema', '/gone', '/nowhere']) {
    const response = await app.inject(url)
    t.match([response.statusCode, response.json(), response.cookies], [401, { message: 'unauthorised' }, []], url)
  }
  t.equal((await app.inject('/sent')).headers['x-kept'], 'yes')
  const { session } = await signInWithSecondFactor(app)
  t.match((await session.inject('/expired')).json(), { message: 'try refresh token' })
  t.ok(session.cookies.has('sAccessToken'))
  t.equal((await session.inject('/signs-out')).statusCode, 401)
  t.notOk(session.cookies.has('sAccessToken'), 'a host that throws one itself signs out, as everywhere with SuperTokens')
  t.same(own, [])
})

t.test('a host that answers refusals itself gets these too, by the handler that is nearest', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  const own = (name: string) => ({ errorHandler: (err: FastifyError, _request: FastifyRequest, reply: FastifyReply) => { setImmediate(() => { reply.send({ name, code: err.code }) }) } })
  app.setErrorHandler(own('app').errorHandler)
  await app.register(fastify2fa, { ...(await testCore()).options, guardRefusals: 'throw' })
  const late = { preHandler: require2FA }
  app.get('/app', late, async () => { throw ended() })
  app.get('/route', { ...late, ...own('route') }, async () => { throw ended() })
  app.get('/sync', { ...late, errorHandler: (err, _request, reply) => { reply.send({ name: 'sync', code: err.code }) } }, async () => { throw ended() })
  app.get('/value', { ...late, errorHandler: (async (err: FastifyError) => ({ name: 'value', code: err.code })) as never }, async () => { throw ended() })
  app.get('/passes-on', { ...late, errorHandler: (err) => { throw err } }, async () => { throw ended() })
  app.register(async (scope) => {
    scope.setErrorHandler(own('scope').errorHandler)
    scope.get('/scope', late, async () => { throw ended() })
  })
  const { session } = await signInWithSecondFactor(app)
  for (const [url, name] of [['/app', 'app'], ['/route', 'route'], ['/sync', 'sync'], ['/value', 'value'], ['/passes-on', 'app'], ['/scope', 'scope']]) {
    const response = await session.inject(url!)
    t.match([response.statusCode, response.json(), response.cookies], [401, { name, code: 'AUTH_UNAUTHORISED' }, []], String(url))
  }
})

t.test('an app without the plugin gets them as they are', async (t) => {
  const app = await build(t, (app) => {
    app.setErrorHandler((err, _request, reply) => { reply.code(err instanceof Session.Error ? 499 : 500).send() })
    app.get('/', async () => { throw ended() })
  }, false)
  t.equal((await app.inject('/')).statusCode, 499)
})

t.test('a request that is under way while the second factor passes signs nobody out', async (t) => {
  let admitted = (): void => {}
  let proceed = (): void => {}
  const app = await build(t, (app) => {
    app.get('/slow', { preHandler: verifySession({ overrideGlobalClaimValidators: () => [] }) }, async ({ session }) => {
      admitted()
      await new Promise<void>((resolve) => { proceed = resolve })
      await session.mergeIntoAccessTokenPayload({ slow: true })
    })
    app.get('/any', { preHandler: require2FA }, async () => 'in')
  })
  const user = await signUp(app)
  const arrived = new Promise<void>((resolve) => { admitted = resolve })
  const slow = user.session.inject('/slow')
  await arrived
  await passSecondFactor(app, user)
  proceed()
  t.equal((await slow).statusCode, 401)
  t.equal((await user.session.inject('/any')).statusCode, 200, 'the new tokens are still there')
})

t.test('a guard that looks up the address of a deleted account refuses it', async (t) => {
  const { isVerified } = EmailVerification.EmailVerificationClaim.validators
  const app = await build(t, (app) => {
    app.get('/verified', { preHandler: verifySession({ overrideGlobalClaimValidators: () => [isVerified(0, 0)] }) }, async () => 'in')
  })
  const { session, userId } = await signInWithSecondFactor(app)
  t.equal((await session.inject('/verified')).statusCode, 403)
  // By somebody else: this process does not know.
  const { core } = app.twoFactor
  const deleted = await core.fetch(`${core.connectionURI}/user/remove`, { method: 'POST', headers: { 'content-type': 'application/json', 'cdi-version': '5.3', ...(core.apiKey !== undefined && { 'api-key': core.apiKey }) }, body: JSON.stringify({ userId }) })
  t.equal(deleted.status, 200)
  const response = await session.inject('/verified')
  t.match([response.statusCode, response.json()], [401, { message: 'unauthorised' }])
})
