import t from 'tap'
import { createIdempotency, type Change } from '../../src/admin-api/idempotency.js'
import { MOST_KEPT, UNDER_WAY_MS } from '../../src/admin-api/kept-answers.js'
import { createRedisAnswers } from '../../src/admin-api/redis-answers.js'
import { connectRedis, type RedisConnection } from '../../src/limits/redis.js'
import { advance, resetClock } from '../../src/testing/index.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

/** Two replicas and one real Redis. */
const port = await freePort()
const redis = await startRedis(port)
t.teardown(() => redis.kill())
const log = { warn () {}, error () {}, info () {} } as never

async function replica (): Promise<RedisConnection> {
  const connection = await connectRedis(`redis://127.0.0.1:${port}`, log)
  t.teardown(() => { connection.client.disconnect() })
  await until('Redis answers', () => connection.isReachable())
  return connection
}
const [here, there] = [await replica(), await replica()]
const [once, elsewhere] = [createIdempotency(createRedisAnswers(here)), createIdempotency(createRedisAnswers(there))]
const change: Change = { caller: 'ops', key: 'one', method: 'POST', url: '/x', body: { reason: 'r' } }
const never = async () => t.fail('it is done twice') as never

t.test('a change that was made at one replica is not made at another', async (t) => {
  let finish: ((answer: object) => void) | undefined
  const first = once(change, () => new Promise((resolve) => { finish = resolve }))
  await until('the first is under way', () => finish !== undefined)
  await t.rejects(elsewhere(change, never), { code: 'AUTH_IDEMPOTENCY_UNDER_WAY' })
  finish!({ run: 1 })
  await first
  t.strictSame(await elsewhere(change, never), { answer: { run: 1 }, isReplayed: true })
  await t.rejects(elsewhere({ ...change, body: {} }, never), { code: 'AUTH_IDEMPOTENCY_KEY_REUSED' })
  t.match(await elsewhere({ ...change, caller: 'desk' }, async () => ({ run: 2 })), { isReplayed: false })
})

t.test('what was refused, or ended by a crash, can be sent again', async (t) => {
  t.teardown(resetClock)
  await t.rejects(once({ ...change, key: 'two' }, async () => { throw new Error('refused') }), /refused/)
  t.match(await elsewhere({ ...change, key: 'two' }, async () => ({ run: 1 })), { isReplayed: false })
  const answers = createRedisAnswers(here)
  t.equal(await answers.take('ops', 'crashed', 'p'), undefined)
  t.match(await answers.take('ops', 'crashed', 'p'), { print: 'p' })
  advance(`${UNDER_WAY_MS / 1000 + 1}s`)
  t.equal(await answers.take('ops', 'crashed', 'p'), undefined)
})

t.test('there is a ceiling for each caller, and all of it ends after a day', async (t) => {
  const answers = createRedisAnswers(here)
  for (let i = 0; i <= MOST_KEPT; i++) await answers.take('busy', `key-${i}`, 'p')
  t.equal(await here.client.hlen('fastify-2fa:admin:{busy}:answers'), MOST_KEPT)
  t.equal(await here.client.zcard('fastify-2fa:admin:{busy}:order'), MOST_KEPT)
  t.equal(await answers.take('busy', 'key-0', 'p'), undefined, 'the oldest has gone')
  for (const key of ['answers', 'order']) t.ok(await here.client.pttl(`fastify-2fa:admin:{busy}:${key}`) > 86_000_000)
  t.strictSame(await elsewhere(change, never), { answer: { run: 1 }, isReplayed: true }, 'that of others stays')
})

t.test('without Redis, no change is made that asks for it', async (t) => {
  await redis.kill()
  await until('Redis is gone', async () => !await here.isReachable())
  await t.rejects(once({ ...change, key: 'three' }, never), { code: 'AUTH_LIMITS_UNAVAILABLE' })
  t.match(await once({ ...change, key: undefined }, async () => ({ run: 1 })), { isReplayed: false })
})
