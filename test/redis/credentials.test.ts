import { Redis } from 'ioredis'
import t from 'tap'
import { freePort } from '../free-port.js'
import { until } from '../faults/until.js'
import { build } from '../helper.js'
import { makeEvent } from '../audit/events.js'
import { SECRET, startReceiver } from '../audit/receiver.js'
import { admin, client } from '../routes/admin-helper.js'
import { startRedis } from './redis-server.js'

t.test('Redis\' password changes without a restart, and without a moment in which nothing is counted', async (t) => {
  const port = await freePort()
  const server = await startRedis(port, '--requirepass', 'the-old-one')
  t.teardown(() => server.kill())
  const redisUrl = (password: string) => `redis://:${password}@127.0.0.1:${port}`
  const operator = new Redis(redisUrl('the-old-one'))
  t.teardown(() => { operator.disconnect() })
  const receiver = await startReceiver(t)
  const audit = (password: string) => ({ webhook: { url: receiver.url, secrets: [SECRET], outbox: { redisUrl: redisUrl(password) } } })
  const app = await build(t, { limits: { redisUrl: redisUrl('the-old-one'), signIn: { refusalTime: 0 } }, audit: audit('the-old-one'), admin })
  const idempotent = async (key: string) => (await client(app)('POST /admin/v1/users/nobody/unlock', { reason: 'r' }, { headers: { 'idempotency-key': key } })).statusCode
  const isReady = async () => (await app.inject('/ready')).statusCode === 200
  const signIn = async () => (await app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: 'nobody@example.com' }, { id: 'password', value: 'correct horse 1' }] } })).statusCode
  await until('the service has found its Redis', isReady)

  await t.rejects(app.twoFactor.reload({ limits: { redisUrl: redisUrl('the-new-one') } }), { message: /refuses/ }, 'Redis does not know it yet')
  await t.rejects(app.twoFactor.reload({ limits: { redisUrl: `redis://:the-old-one@localhost:${port}/3` } }), { message: /only user and password/ })
  t.equal(await signIn(), 200)
  t.equal(await idempotent('one'), 404)

  await operator.call('ACL', 'SETUSER', 'default', '>the-new-one')
  await t.rejects(app.twoFactor.reload({ audit: audit('the-wrong-one') }), { message: /audit\.webhook\.outbox\.redisUrl: Redis refuses/ })
  await app.twoFactor.reload({ limits: { redisUrl: redisUrl('the-new-one') }, audit: audit('the-new-one') })
  t.equal(await signIn(), 200)
  await operator.call('ACL', 'SETUSER', 'default', '<the-old-one')
  // Whoever connects anew needs the new one.
  await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await until('it has connected again', isReady)
  t.equal(await signIn(), 200)
  await until('so have the admin API and the outbox', async () => {
    const before = receiver.received.length
    app.twoFactor.auditTrail!.record(makeEvent())
    return await idempotent('two') === 404 && receiver.received.length > before
  })
  const late = new Redis(redisUrl('the-old-one'), { retryStrategy: () => null })
  late.on('error', () => {})
  await t.rejects(late.ping())
})
