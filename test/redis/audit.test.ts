import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import type { ServiceOptions } from '../../src/index.js'
import { createDelivery } from '../../src/audit/webhook/delivery.js'
import { openRedisOutbox } from '../../src/audit/webhook/redis-outbox.js'
import { createLog, makeEvent } from '../audit/events.js'
import { testOutbox } from '../audit/outbox-contract.js'
import { SECRET, startReceiver } from '../audit/receiver.js'
import { createClient, isOk } from '../faults/client.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

const LEASE = '{fastify-2fa:audit}:lease'

async function redisFor (t: Test, ...options: string[]): Promise<{ url: string, client: Redis } & Awaited<ReturnType<typeof startRedis>>> {
  const port = await freePort()
  const redis = await startRedis(port, ...options)
  const url = `redis://127.0.0.1:${port}`
  const client = new Redis(url, { lazyConnect: true })
  await client.connect()
  t.teardown(async () => {
    client.disconnect()
    await redis.kill()
  })
  return { url, client, ...redis }
}

async function openOutbox (t: Test, url: string, most = 1000) {
  const log = createLog()
  const outbox = await openRedisOutbox(url, most, log)
  t.teardown(() => outbox.close())
  const event = makeEvent('limit.near')
  await until('connected', () => outbox.oldest(1).then(() => outbox.add(event)).then(() => true, () => false))
  return { outbox, log }
}

t.test('an outbox in Redis', (t) => testOutbox(t, async (t) => {
  const { url } = await redisFor(t)
  return async (most) => {
    const { outbox } = await openOutbox(t, url, most)
    const connected = (await outbox.oldest(100)).find(({ event }) => event.type === 'limit.near')
    await outbox.remove(connected!)
    return outbox
  }
}))

t.test('two replicas share an outbox: a killed one has lost nothing, and the other delivers in each user\'s order', async (t) => {
  const { url, client } = await redisFor(t)
  const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const receiver = await startReceiver(t)
  receiver.answer = () => undefined
  async function startReplica (): Promise<{ origin: string, child: ChildProcess }> {
    const options: ServiceOptions = {
      production: false,
      core: { connectionURI: core.connectionURI, apiKey: String(core.apiKey) },
      sms: { provider: 'log' },
      mail: { provider: 'log' },
      limits: { redisUrl: url },
      audit: { webhook: { url: receiver.url, secrets: [SECRET], outbox: { redisUrl: url } } }
    }
    const child = fork(fileURLToPath(new URL('replica.js', import.meta.url)), [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    t.teardown(() => { child.kill('SIGKILL') })
    const [origin] = await once(child, 'message') as [string]
    return { origin, child }
  }
  const one = await startReplica()
  await until('it is the one that delivers', async () => await client.exists(LEASE) === 1)
  const two = await startReplica()
  const alice = createClient(one.origin)
  t.ok(isOk(await alice.signUp()))
  for (let i = 0; i < 4; i++) t.ok(isOk(await alice.at(i % 2 === 0 ? two.origin : one.origin).signIn()))
  const lengths = await Promise.all(['attempt', 'login', 'act'].map((rank) => client.xlen(`{fastify-2fa:audit}:${rank}`)))
  t.equal(lengths[1], 5, 'each was in Redis when its answer came')
  // In the middle of delivering.
  await until('it delivers', () => receiver.received.length > 0)
  one.child.kill('SIGKILL')
  await once(one.child, 'exit')
  receiver.answer = () => 204
  // As if its fifteen seconds had passed.
  await client.del(LEASE)
  await until('all are there', () => receiver.taken().length === 5)
  const taken = receiver.received.filter(({ status }) => status === 204)
  t.same(taken.map(({ id }) => id), taken.map(({ id }) => id).sort(), 'in their order')
  t.ok(taken.every(({ event }) => event.userId === alice.userId))
  await until('none waits', async () => await client.xlen('{fastify-2fa:audit}:login') === 0)
})

t.test('what a receiver refuses is tried again by the other replica, once that one delivers', async (t) => {
  const { url } = await redisFor(t)
  const { outbox } = await openOutbox(t, url)
  const [first] = await outbox.oldest(1)
  await outbox.setAside(first!)
  t.same(await outbox.oldest(10), [])
  t.match(outbox.figures(), { waiting: 0, refused: 1 })
  const other = await openRedisOutbox(url, 1000, createLog())
  t.teardown(() => other.close())
  await until('connected', async () => { await other.oldest(1); return other.figures().refused === 1 })
  t.same(await other.oldest(10), [], 'one delivers at a time')
  await outbox.close()
  await until('the other one does', async () => (await other.oldest(10)).length === 1)
})

t.test('a Redis that goes away is said once; events wait, and are delivered when it is back', async (t) => {
  const { url, hang, resume } = await redisFor(t)
  const receiver = await startReceiver(t)
  const { outbox, log } = await openOutbox(t, url)
  const delivery = createDelivery({ url: receiver.url, secrets: [SECRET], timeout: 10_000, outbox, log })
  await until('it delivers', () => receiver.taken().length > 0)
  hang()
  await t.rejects(async () => { await outbox.add(makeEvent()) })
  resume()
  const event = makeEvent()
  await until('it is taken', () => Promise.resolve(outbox.add(event)).then(() => true, () => false))
  await until('it is there', () => receiver.taken().includes(event.id))
  await delivery.close(1000)
})
