import { pino } from 'pino'
import t from 'tap'
import { createKeys } from '../../src/limits/keys.js'
import { createRedisStore } from '../../src/limits/redis-store.js'
import { connectRedis } from '../../src/limits/redis.js'
import { createSpend } from '../../src/limits/spend.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

const port = await freePort()
const redis = await startRedis(port)
t.teardown(() => redis.kill())

/** A replica's. */
async function connect () {
  const connection = await connectRedis(`redis://127.0.0.1:${port}`, pino({ level: 'silent' }))
  t.teardown(() => { connection.client.disconnect() })
  await until('Redis is there', connection.isReachable)
  return createRedisStore(connection)
}
const stores = [await connect(), await connect()]

t.test('whether Redis is there is answered once the first attempt to connect has ended', async (t) => {
  const connection = await connectRedis(`redis://127.0.0.1:${port}`, pino({ level: 'silent' }))
  t.teardown(() => { connection.client.disconnect() })
  t.ok(await connection.isReachable(), 'no warning at a start that needs none')
})

t.test('amounts are added and taken back in Redis as in memory', async (t) => {
  const [store, other] = [stores[0]!, stores[1]!]
  const { count, waitMs } = await store.add('money', 10, 10, 500)
  t.equal(count, 500)
  t.ok(waitMs > 9000 && waitMs <= 10_000)
  const second = await other.add('money', 100, 100, 81)
  t.equal(second.count, 581)
  await store.takeBack('money', 500)
  t.equal(await other.count('money'), 81)
  await store.takeBack('money', 90)
  t.equal(await other.get('money'), undefined)
  t.equal((await store.add('money', 10)).count, 1)
  await store.takeBack('money')
  t.equal(await store.get('money'), undefined)
})

t.test('two replicas at once spend no more than one, and keep the same for owners', async (t) => {
  const said: string[] = []
  const rules = { prices: { default: 0.0101 }, perDay: 1, keptPercent: 20, currency: undefined }
  const spends = stores.map((store) => createSpend({ store, keys: createKeys('secret'), report: (event, what) => { said.push(`${event} ${what}`) }, rules }))
  const takeMany = async (owned: boolean): Promise<number> => {
    const takes = await Promise.allSettled(Array.from({ length: 150 }, (_, i) => spends[i % 2]!.take(`+4179${1_000_000 + i}`, owned)))
    return takes.filter(({ status }) => status === 'fulfilled').length
  }
  t.ok(await takeMany(false) <= 79)
  t.equal(await spends[0]!.take('+41791234567', false).then(() => true, () => false), false)
  const owners = await takeMany(true)
  t.ok(owners > 0 && owners <= 20, String(owners))
  t.equal(said.filter((line) => line.startsWith('limit.near')).length, 1, 'said once over both')
  t.equal(said.filter((line) => line.startsWith('limit.reached')).length, 1)
})
