import { Redis } from 'ioredis'
import t from 'tap'
import { freePort } from '../free-port.js'
import { until } from '../faults/until.js'
import { build } from '../helper.js'
import { startRedis } from './redis-server.js'

t.test('Redis\' password changes without a restart, and without a moment in which nothing is counted', async (t) => {
  const port = await freePort()
  const server = await startRedis(port, '--requirepass', 'the-old-one')
  t.teardown(() => server.kill())
  const redisUrl = (password: string) => `redis://:${password}@127.0.0.1:${port}`
  const operator = new Redis(redisUrl('the-old-one'))
  t.teardown(() => { operator.disconnect() })
  const app = await build(t, { limits: { redisUrl: redisUrl('the-old-one'), signIn: { refusalTime: 0 } } })
  const isReady = async () => (await app.inject('/ready')).statusCode === 200
  const signIn = async () => (await app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: 'nobody@example.com' }, { id: 'password', value: 'correct horse 1' }] } })).statusCode
  await until('the service has found its Redis', isReady)

  await t.rejects(app.twoFactor.reload({ limits: { redisUrl: redisUrl('the-new-one') } }), { message: /refuses/ }, 'Redis does not know it yet')
  await t.rejects(app.twoFactor.reload({ limits: { redisUrl: `redis://:the-old-one@localhost:${port}/3` } }), { message: /only user and password/ })
  t.equal(await signIn(), 200)

  await operator.call('ACL', 'SETUSER', 'default', '>the-new-one')
  await app.twoFactor.reload({ limits: { redisUrl: redisUrl('the-new-one') } })
  t.equal(await signIn(), 200)
  await operator.call('ACL', 'SETUSER', 'default', '<the-old-one')
  // Whoever connects anew needs the new one.
  await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await until('it has connected again', isReady)
  t.equal(await signIn(), 200)
  const late = new Redis(redisUrl('the-old-one'), { retryStrategy: () => null })
  late.on('error', () => {})
  await t.rejects(late.ping())
})
