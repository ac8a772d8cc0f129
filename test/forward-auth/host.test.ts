import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { ask, credentials, OPTIONS, PROXIES, questionOf } from './proxy.js'

// A host that guards everything, below a prefix, with refusals and paths of its own.
const app = Fastify()
t.teardown(() => app.close())
const { options } = await testCore()
app.setErrorHandler(async (_err, _request, reply) => reply.code(418).send('the host\'s'))
let scoped: FastifyInstance = app
await app.register(async (scope) => {
  scoped = scope
  scope.addHook('onRoute', (route) => {
    route.preHandler = [require2FA, ...[route.preHandler ?? []].flat()]
  })
  await scope.register(fastify2fa, {
    ...options, ...OPTIONS, forwardAuth: { ...OPTIONS.forwardAuth!, path: '/ask/proxy' }, guardRefusals: 'throw', secureByDefault: true, sessionProperty: 'person'
  })
}, { prefix: '/api' })
await app.ready()
const at = (url: string): string => url.replace('/verify', '/api/ask/proxy')

t.test('forward-auth keeps its own answers in such a host', async (t) => {
  const users = { apiBasePath: '/api/auth' }
  const [first, both] = [await signUp(scoped, users), await signInWithSecondFactor(scoped, users)]
  for (const proxy of PROXIES) {
    const statusOf = async (headers: Record<string, string>) => {
      const question = questionOf(proxy, { uri: '/orders/1', headers })
      const answer = await app.inject({ ...question, url: at(question.url) } as never)
      return [answer.statusCode, answer.headers['x-auth-user-id']]
    }
    t.same(await statusOf(credentials(both.session)), [200, both.userId], proxy)
    t.same(await statusOf(credentials(first.session)), [403, undefined])
    t.same(await statusOf({}), [401, undefined])
    t.equal((await ask(app, proxy, both.session)).statusCode, 404, 'nothing is at the usual path')
  }
  t.equal((await app.inject('/api/auth/fastify-2fa/jwks.json')).statusCode, 200)
})
