import Fastify from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'

t.test('an embedded Core refuses passwords that would wait too long, and the service says so', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { core: { embedded: { config: { bcrypt_log_rounds: 10 }, maxHashWait: 1 } }, maxEventLoopDelay: 0, limits: false })
  await app.ready()
  const signUp = (index: number) => app.inject({
    method: 'POST', url: '/auth/signup', payload: { formFields: [{ id: 'email', value: `user-${index}@example.com` }, { id: 'password', value: 'correct horse 1' }] }
  })
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => signUp(index)))
  const refused = answers.filter(({ statusCode }) => statusCode === 503)
  t.ok(refused.length > 0)
  for (const response of refused) t.match({ ...response.json(), wait: response.headers['retry-after'] }, { code: 'AUTH_OVERLOADED', wait: /^[1-9]/ })
  for (const response of answers.filter(({ statusCode }) => statusCode !== 503)) t.equal(response.json().status, 'OK')
  for (const [index, { statusCode }] of answers.entries()) if (statusCode === 503) t.equal((await signUp(index)).json().status, 'OK', 'one after the other there is room')
})
