import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { text } from 'node:stream/consumers'
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance, type FastifyServerOptions, type LightMyRequestResponse } from 'fastify'
import type { ConstraintStrategy, Handler, HTTPVersion } from 'find-my-way'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA, verifySession, type Refusal } from '../../src/index.js'
import { createTestSession, passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

const HOST_ORIGIN = 'https://host.example'

/** A host with habits of its own: CORS, errors, a 404, an XML parser, and an `onSend` hook that takes 5 ms. */
async function buildHost (t: Test): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(cors, { origin: HOST_ORIGIN })
  app.setErrorHandler(async (err: Error, _request, reply) => await reply.code(418).send({ host: err.message }))
  app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send({ host: 'not found' }))
  app.addContentTypeParser('application/xml', { parseAs: 'string' }, (_request, body, done) => { done(null, { xml: body }) })
  app.addHook('onSend', async (_request, _reply, payload) => {
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    return payload
  })
  await app.register(fastify2fa, (await testCore()).options)
  app.get('/open', async () => ({ open: true }))
  app.post('/echo', async ({ body }) => body)
  app.get('/fails', async () => { throw new Error('broken') })
  app.get('/protected', { preHandler: app.require2FA! }, async ({ session }) => ({ userId: session?.getUserId() }))
  app.all('/any', { preHandler: app.require2FA! }, async () => ({ ran: true }))
  await app.register(async (scope) => {
    scope.addHook('preHandler', scope.require2FA!)
    scope.get('/scoped', async ({ session }) => ({ userId: session?.getUserId() }))
  }, { prefix: '/api' })
  await app.ready()
  return app
}

t.test('the host\'s routes, errors, 404s, parsers and CORS stay its own', async (t) => {
  const app = await buildHost(t)
  t.same((await app.inject('/open')).json(), { open: true })
  const failed = await app.inject('/fails')
  t.equal(failed.statusCode, 418)
  t.same(failed.json(), { host: 'broken' })
  t.same((await app.inject('/nowhere')).json(), { host: 'not found' })
  t.same((await app.inject('/auth/nowhere')).json(), { host: 'not found' })
  t.same((await app.inject({ method: 'POST', url: '/echo', headers: { 'content-type': 'application/xml' }, payload: '<a/>' })).json(), { xml: '<a/>' })
  t.equal((await app.inject({ method: 'POST', url: '/echo', headers: { 'content-type': 'application/json' }, payload: '' })).statusCode, 418, 'no tolerant JSON outside /auth')
  t.equal((await app.inject({ method: 'POST', url: '/echo', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'a=1' })).statusCode, 418, 'no form parser outside /auth')
  t.equal((await app.inject('/open')).headers['access-control-allow-origin'], HOST_ORIGIN)
})

t.test('answers survive an onSend hook that takes 5 ms', async (t) => {
  const app = await buildHost(t)
  const user = await signUp(app)
  const refused = await user.session.inject('/protected')
  t.equal(refused.statusCode, 403)
  t.equal(refused.json().message, 'invalid claim')
  t.equal((await app.inject('/protected')).statusCode, 401)
  t.equal((await app.inject('/api/scoped')).statusCode, 401)
  await passSecondFactor(app, user)
  t.same((await user.session.inject('/protected')).json(), { userId: user.userId })
  t.same((await user.session.inject('/api/scoped')).json(), { userId: user.userId })
  const bad = await app.inject({ method: 'POST', url: '/auth/signup', payload: {} })
  t.equal(bad.statusCode, 200)
  t.same(bad.json(), { status: 'GENERAL_ERROR', message: 'Missing input param: formFields', code: 'AUTH_BODY_INVALID' })
  const wrong = await app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: 'wrong' }] } })
  t.same(wrong.json(), { status: 'WRONG_CREDENTIALS_ERROR' })
})

t.test('no method gets round the guard', async (t) => {
  const app = await buildHost(t)
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'] as const) {
    t.equal((await app.inject({ method: method as 'GET', url: '/any' })).statusCode, 401, method)
  }
  const { session } = await signInWithSecondFactor(app)
  t.equal((await session.inject({ method: 'POST', url: '/any' })).statusCode, 200)
})

/** A constraint that hides all routes that do not name it from requests that do. */
const bySite: ConstraintStrategy<HTTPVersion.V1> = {
  name: 'site',
  storage () {
    const stores = new Map<unknown, Handler<HTTPVersion.V1>>()
    return { get: (key) => stores.get(key) ?? null, set: (key, store) => { stores.set(key, store) } }
  },
  validate: () => true,
  deriveConstraint: ({ headers }) => headers['x-site'] as string,
  mustMatchWhenDerived: true
}

/** Options of the host's router, and paths that it then takes for the same. */
const ROUTERS: Record<string, { server: FastifyServerOptions, signIn: string[], guarded: string[] }> = {
  'a lenient router': {
    server: {
      routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, useSemicolonDelimiter: true } as object,
      rewriteUrl: ({ url = '' }) => url.replace(/^\/rewritten/, '')
    },
    signIn: ['/AUTH/SignIn', '/Auth/PUBLIC/signin', '/auth/signin/', '//auth//signin', '/auth///public/signin', '/auth/signin;x=1', '/rewritten/auth/signin/'],
    guarded: ['/PROTECTED', '/pRotected/', '//protected', '/protected;x', '/rewritten/protected']
  },
  'a strict router': {
    server: {
      bodyLimit: 10,
      exposeHeadRoutes: false,
      requestIdHeader: 'x-request-id',
      routerOptions: { maxParamLength: 6, querystringParser: (text) => ({ text, email: [text] }), constraints: { site: bySite } }
    },
    signIn: ['/auth/signin?email=x'],
    guarded: ['/protected?x']
  }
}

for (const [name, { server, signIn, guarded }] of Object.entries(ROUTERS)) {
  t.test(`with ${name} the endpoints work and the guards stay closed`, async (t) => {
    const app: FastifyInstance = Fastify({ logger: false, ...server })
    t.teardown(() => app.close())
    await app.register(fastify2fa, (await testCore()).options)
    app.get('/protected', { preHandler: app.require2FA! }, async () => 'in')
    const user = await signUp(app)
    const { email, password, session } = user
    const payload = { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] }
    for (const url of ['/auth/signin', '/auth/public/signin', ...signIn]) {
      t.equal((await createTestSession(app).inject({ method: 'POST', url, payload })).json().status, 'OK', url)
    }
    for (const url of ['/protected', ...guarded]) {
      t.equal((await app.inject(url)).statusCode, 401, url)
      t.equal((await session.inject(url)).statusCode, 403, url)
      t.not((await app.inject({ method: 'HEAD', url })).statusCode, 200)
    }
    await passSecondFactor(app, user)
    for (const url of ['/protected', ...guarded]) t.equal((await session.inject(url)).body, 'in', url)
    t.equal((await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
    t.not((await app.inject({ url: '/protected', headers: { 'x-site': 'x' } })).statusCode, 200)
  })
}

t.test('over HTTP/2 as over HTTP/1', async (t) => {
  const app = Fastify({ logger: false, http2: true })
  t.teardown(() => app.close())
  await app.register(fastify2fa as never, (await testCore()).options)
  app.get('/protected', { preHandler: require2FA as never }, async () => 'in')
  const client = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => client.close())

  async function ask (method: string, path: string, headers: Record<string, string> = {}, payload = ''): Promise<[IncomingHttpHeaders, string]> {
    const stream = client.request({ ':method': method, ':path': path, rid: 'session', 'st-auth-mode': 'cookie', 'content-type': 'application/json', ...headers })
    if (method === 'POST') stream.end(payload)
    const [answer] = await once(stream, 'response') as [IncomingHttpHeaders]
    return [answer, await text(stream)]
  }

  const formFields = [{ id: 'email', value: `${randomUUID()}@example.com` }, { id: 'password', value: 'correct horse 1' }]
  const [headers, body] = await ask('POST', '/auth/signup', {}, JSON.stringify({ formFields }))
  t.equal(JSON.parse(body).status, 'OK')
  const cookie = headers['set-cookie']!.map((one) => one.split(';')[0]).join('; ')
  t.equal((await ask('GET', '/protected'))[0][':status'], 401)
  const [refused, claims] = await ask('GET', '/protected', { cookie })
  t.equal(refused[':status'], 403)
  t.match(JSON.parse(claims), { claimValidationErrors: [{ id: '2fa-completed' }] })
  t.equal((await ask('POST', '/auth/session/refresh', { cookie }))[0][':status'], 200)
  // Links are sent once the answer has left.
  t.match(await ask('POST', '/auth/user/password/reset/token', {}, JSON.stringify({ formFields: [formFields[0]] })), [{ ':status': 200 }, '{"status":"OK"}'])
  await (app as unknown as FastifyInstance).twoFactor.delivered()
  t.ok((app as unknown as FastifyInstance).twoFactor.outbox.last(formFields[0]!.value))
})

t.test('no response schema or serializer of the host\'s empties a refusal', async (t) => {
  const nothing = { type: 'object', properties: { nothing: { type: 'string' } } }
  const schemas = [{ 401: nothing, 403: nothing }, { '4xx': nothing }, { default: nothing }]
  const hosts: ((app: FastifyInstance) => void)[] = [
    () => {},
    (app) => { app.setReplySerializer(() => '{}') },
    (app) => { app.setSerializerCompiler(() => () => '{}') },
    (app) => { app.addHook('onRoute', (route) => { route.schema = { ...route.schema, response: { ...schemas[0], 200: nothing } } }) },
    (app) => { app.addHook('onRequest', async (_request, reply) => { reply.serializer(() => '{}').type('text/html') }) }
  ]
  for (const habits of hosts) {
    const app: FastifyInstance = Fastify({ logger: false })
    t.teardown(() => app.close())
    habits(app)
    await app.register(fastify2fa, (await testCore()).options)
    for (const [i, response] of schemas.entries()) app.get(`/${i}`, { schema: { response }, preHandler: require2FA }, async () => ({}))
    const { session } = await signUp(app)
    for (const i of schemas.keys()) {
      const strangers = await app.inject(`/${i}`)
      t.strictSame(strangers.json(), { message: 'unauthorised' })
      t.equal(strangers.headers['content-type'], 'application/json; charset=utf-8')
      t.match((await session.inject(`/${i}`)).json(), { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'wrong value' } }] })
    }
    t.strictSame((await app.inject({ method: 'POST', url: '/auth/signin', payload: [] })).json(), { status: 'GENERAL_ERROR', message: 'The body must be a JSON object', code: 'AUTH_BODY_INVALID' })
  }
})

t.test('with guardRefusals: throw, the host\'s error handler answers, and nothing else changes', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  app.setErrorHandler(async (err: Refusal, request, reply) => await reply.code(err.statusCode ?? 500).send({ host: request.routeOptions.url, code: err.code, ...err.body }))
  await app.register(fastify2fa, { ...(await testCore()).options, guardRefusals: 'throw' })
  app.get('/orders', { preHandler: require2FA }, async ({ session }) => session.getUserId())
  app.get('/early', { onRequest: verifySession(), config: { secondFactor: { maxAge: 1 } } }, async ({ session }) => session.getUserId())
  app.get('/called', { async preHandler (request, reply) { await require2FA(request, reply) } }, async () => 'in')
  await app.register(async (scope) => {
    scope.setErrorHandler((err: Refusal, _request, reply) => reply.code(418).send(err.body))
    scope.get('/scoped', { preHandler: require2FA }, async () => 'in')
  })
  const user = await signUp(app)
  const { session } = user
  const answer = async (client: { inject: (url: string) => Promise<LightMyRequestResponse> }, url: string) => {
    const { statusCode, body } = await client.inject(url)
    return { statusCode, ...JSON.parse(body) as object }
  }
  const claim = { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'wrong value' } }] }
  for (const host of ['/orders', '/early', '/called']) {
    t.strictSame(await answer(app, host), { statusCode: 401, host, code: 'AUTH_UNAUTHORISED', message: 'unauthorised' })
    for (let i = 0; i < 2; i++) t.match(await answer(session, host), { statusCode: 403, host, code: 'AUTH_CLAIMS_INVALID', ...claim })
  }
  t.match(await answer(session, '/scoped'), { statusCode: 418, ...claim })
  const stray = await app.inject({ url: '/orders', headers: { cookie: 'sAccessToken=x; sAccessToken=y' } })
  t.strictSame(stray.json(), { host: '/orders', code: 'AUTH_REFRESH_NEEDED', message: 'try refresh token' })
  t.ok(stray.cookies.length > 0, 'with the headers that delete cookies')
  t.strictSame((await app.inject({ method: 'POST', url: '/auth/session/refresh' })).json(), { message: 'unauthorised' }, 'the endpoints answer as ever')
  await passSecondFactor(app, user)
  t.equal((await session.inject('/orders')).body, user.userId)

  await t.test('and without one, Fastify\'s own', async (t) => {
    const bare = Fastify({ logger: false })
    t.teardown(() => bare.close())
    await bare.register(fastify2fa, { ...(await testCore()).options, guardRefusals: 'throw' })
    bare.get('/orders', { preHandler: require2FA }, async () => 'in')
    t.strictSame((await bare.inject('/orders')).json(), { statusCode: 401, code: 'AUTH_UNAUTHORISED', error: 'Unauthorized', message: 'unauthorised' })
  })
})
