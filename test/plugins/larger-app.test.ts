import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../src/index.js'
import { passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
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
  t.equal(bad.statusCode, 400)
  t.same(bad.json(), { message: 'Missing input param: formFields' })
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
