import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { createTestSession } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

const URLS = ['/auth/signin', '/auth/signup', '/auth/signinup/code', '/auth/signinup/code/consume', '/auth/session/refresh', '/auth/user/password/reset/token']

/** A host whose hook refuses everything, as a firewall or @fastify/rate-limit does. */
async function refusing (t: Test, refuse: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  refuse(app)
  await app.register(service, { ...(await testCore()).options, maxEventLoopDelay: 0 })
  return app
}

t.test('what a host\'s own hook refuses keeps its status, so that logs and limits count it', async (t) => {
  for (const statusCode of [403, 429, 503]) {
    for (const hook of ['onRequest', 'preHandler'] as const) {
      const app = await refusing(t, (host) => {
        host.addHook(hook, async (_request: unknown, reply: { code: (status: number) => { send: (body: object) => void } }) => {
          reply.code(statusCode).send({ message: 'blocked' })
          return reply as never
        })
      })
      for (const url of URLS) {
        const response = await createTestSession(app).inject({ method: 'POST', url, payload: { formFields: [] } })
        t.same({ statusCode: response.statusCode, ...response.json() }, { statusCode, message: 'blocked' }, `${hook} ${url}`)
      }
    }
  }
})

t.test('an error with a status and no code, as rate limits throw, is no fault of the service', async (t) => {
  const app = await refusing(t, (host) => {
    host.addHook('onRequest', async () => { throw Object.assign(new Error('Rate limit exceeded'), { statusCode: 429 }) })
  })
  for (const url of URLS) {
    const response = await createTestSession(app).inject({ method: 'POST', url, payload: {} })
    t.same({ statusCode: response.statusCode, ...response.json() }, { statusCode: 429, message: 'Rate limit exceeded' }, url)
  }
})

t.test('an error that has no status of a client\'s mistake says nothing', async (t) => {
  for (const statusCode of [undefined, 200, 500, 502, '429x']) {
    const app = await refusing(t, (host) => {
      host.addHook('onRequest', async () => { throw Object.assign(new Error('the secret of the host'), { statusCode }) })
    })
    const response = await createTestSession(app).inject({ method: 'POST', url: '/auth/signin', payload: {} })
    t.match({ statusCode: response.statusCode, ...response.json() }, { statusCode: 500, code: 'AUTH_INTERNAL' }, String(statusCode))
    t.notMatch(response.body, 'secret')
  }
})
