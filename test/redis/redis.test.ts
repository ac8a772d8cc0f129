import * as Passwordless from 'supertokens-node/recipe/passwordless'
import t from 'tap'
import { newPhoneNumber, requestCode, signUp, type SignedInUser } from '../../src/testing/index.js'
import { until } from '../faults/until.js'
import { build } from '../helper.js'
import { freePort } from '../free-port.js'
import { PATIENCE_MS } from './patience.js'
import { startRedis } from './redis-server.js'

t.test('limits in Redis: closed while it is away, said once, and open again by themselves', async (t) => {
  const port = await freePort()
  let redis = await startRedis(port)
  t.teardown(() => redis.kill())
  const lines: string[] = []
  const app = await build(t, { limits: { redisUrl: `redis://:@127.0.0.1:${port}`, sends: { cooldown: 0 }, signIn: { refusalTime: 0 } } }, {
    logger: { stream: { write: (line: string) => { lines.push(line) } } }
  })
  await until('the service has found its Redis', async () => (await signIn('nobody@example.com')).statusCode === 200)

  function signIn (email: string) {
    return app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }] } })
  }
  const consume = ({ session }: SignedInUser, challenge: object) => session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })

  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  t.equal((await signIn(alice.email)).json().status, 'OK')
  t.strictSame((await app.inject('/ready')).json(), { status: 'ok', reasons: [] })
  await redis.kill()
  for (let i = 0; i < 3; i++) {
    for (const answer of [await consume(alice, challenge), await signIn(alice.email)]) {
      t.equal(answer.statusCode, 503)
      t.equal(answer.json().code, 'AUTH_LIMITS_UNAVAILABLE')
      t.match(answer.headers['retry-after'], /^[1-9]/)
    }
  }
  t.equal((await alice.session.inject('/me')).statusCode, 403)
  const ready = await app.inject('/ready')
  t.equal(ready.statusCode, 503)
  t.strictSame(ready.json(), { status: 'unavailable', reasons: ['redis'] })
  t.equal((await app.inject('/health')).statusCode, 200)
  redis = await startRedis(port)
  let answer = await consume(alice, challenge)
  await until('codes are compared again', async () => {
    if (answer.statusCode === 503) answer = await consume(alice, challenge)
    return answer.statusCode !== 503
  })
  t.equal(answer.json().status, 'OK')
  t.equal(lines.filter((line) => line.includes('Redis does not answer')).length, 1)
  t.equal(lines.filter((line) => line.includes('Redis answers again')).length, 1)
  t.notOk(lines.some((line) => line.includes('redis://')))
  t.equal((await Passwordless.createCode({ tenantId: 'public', phoneNumber: newPhoneNumber() })).status, 'OK', 'a call of the host\'s own')
})

t.test('a Redis that hangs costs the first callers two seconds and the others nothing; it is asked again by itself', async (t) => {
  const port = await freePort()
  const redis = await startRedis(port)
  t.teardown(async () => {
    redis.resume()
    await redis.kill()
  })
  const { connectRedis } = await import('../../src/limits/redis.js')
  const { createRedisStore } = await import('../../src/limits/redis-store.js')
  const lines: string[] = []
  const log = { error: (_details: object, line: string) => { lines.push(line) }, info: (line: string) => { lines.push(line) } } as never
  const connection = await connectRedis(`redis://127.0.0.1:${port}`, log)
  t.teardown(() => { connection.client.disconnect() })
  const store = createRedisStore(connection)
  await until('connected', () => connection.isReachable())
  let asked = 0
  const { sendCommand } = connection.client
  connection.client.sendCommand = (...args) => { asked++; return sendCommand.apply(connection.client, args) }
  t.equal((await store.add('key', 60)).count, 1)
  await store.get('key')
  t.ok(asked > 0)
  redis.hang()
  connection.client.options.commandTimeout = 2000
  await Promise.all(Array.from({ length: 5 }, () => t.rejects(store.get('key'), { code: 'AUTH_LIMITS_UNAVAILABLE' })))
  const before = asked
  for (let i = 0; i < 20; i++) await t.rejects(store.get('key'), { code: 'AUTH_LIMITS_UNAVAILABLE' })
  t.ok(asked - before < 20, `refused without asking Redis: it was asked ${asked - before} times of 20`)
  t.equal(await connection.isReachable(), false)
  redis.resume()
  connection.client.options.commandTimeout = PATIENCE_MS
  let found = await store.get('key').catch(() => undefined)
  await until('it is asked again', async () => (found ??= await store.get('key').catch(() => undefined)) !== undefined)
  t.equal(found?.count, 1, 'nothing is lost')
  t.strictSame(lines.map((line) => line.slice(0, 19)), ['Redis does not answ', 'Redis answers again'])
})
