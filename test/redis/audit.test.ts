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
import { SECRET, startReceiver } from '../audit/receiver.js'
import { createClient, isOk } from '../faults/client.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

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
  await until('connected', () => outbox.oldest(1).then(() => outbox.add(makeEvent('limit.near'))).then(() => true, () => false))
  return { outbox, log }
}

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
  await until('it is the one that delivers', async () => await client.exists('{fastify-2fa:audit}:lease') === 1)
  const two = await startReplica()
  const alice = createClient(one.origin)
  t.ok(isOk(await alice.signUp()))
  for (let i = 0; i < 4; i++) t.ok(isOk(await alice.at(i % 2 === 0 ? two.origin : one.origin).signIn()))
  const lengths = await Promise.all(['attempt', 'login', 'act'].map((rank) => client.xlen(`{fastify-2fa:audit}:${rank}`)))
  t.equal(lengths[1], 5, 'each was in Redis when its answer came')
  // In the middle of delivering.
  await until('it delivers', () => receiver.received.length > 0)
  one.child.kill('SIGKILL')
  receiver.answer = () => 204
  await until('all are there', () => receiver.taken().length === 5)
  const taken = receiver.received.filter(({ status }) => status === 204)
  t.same(taken.map(({ id }) => id), taken.map(({ id }) => id).sort(), 'in their order')
  t.ok(taken.every(({ event }) => event.userId === alice.userId))
  await until('none waits', async () => await client.xlen('{fastify-2fa:audit}:login') === 0)
})

t.test('a flood of attempts does not push out what it is to hide, and what is dropped is counted', async (t) => {
  const { url } = await redisFor(t)
  const { outbox } = await openOutbox(t, url)
  const breakIn = [makeEvent('first-factor.passed'), makeEvent('session.theft-detected')]
  for (let i = 0; i < 10; i++) await outbox.add(makeEvent('first-factor.failed'))
  for (const event of breakIn) await outbox.add(event)
  await Promise.all(Array.from({ length: 2490 }, () => outbox.add(makeEvent('first-factor.failed'))))
  const kept = (await outbox.oldest(10_000)).map(({ event }) => event)
  for (const { id } of breakIn) t.ok(kept.some((event) => event.id === id))
  t.ok(kept.length <= 1001, String(kept.length))
  const counted = kept.filter(({ type }) => type === 'audit.dropped')
  t.match(counted[0], { id: /^[0-9a-f-]{14}7/, dropped: 'first-factor.failed', since: /Z$/, until: /Z$/ })
  t.equal(counted.reduce((sum, { count = 0 }) => sum + count, 0) + kept.filter(({ type }) => type === 'first-factor.failed').length, 2500)
  t.equal(outbox.figures().dropped, 2500 - kept.filter(({ type }) => type === 'first-factor.failed').length)
  await t.rejects(async () => { for (let i = 0; i < 1100; i++) await outbox.add(makeEvent('password.changed')) }, /full of events of a higher rank/)
})

t.test('what a receiver refuses is set aside in Redis, and tried again by whoever delivers next', async (t) => {
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
