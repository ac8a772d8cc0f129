import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createKeys } from '../../src/limits/keys.js'
import { networksOf } from '../../src/limits/network.js'
import { createRedisStore } from '../../src/limits/redis-store.js'
import { connectRedis } from '../../src/limits/redis.js'
import { resolveLimits } from '../../src/limits/resolve.js'
import { createSignIn } from '../../src/limits/sign-in.js'
import { signUp } from '../../src/testing/index.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { build } from '../helper.js'
import './patience.js'
import { startRedis } from './redis-server.js'

async function startServer (t: Test, ...options: string[]): Promise<{ client: Redis, url: string }> {
  const port = await freePort()
  const server = await startRedis(port, ...options)
  const url = `redis://127.0.0.1:${port}`
  const client = new Redis(url)
  t.teardown(async () => {
    client.disconnect()
    await server.kill()
  })
  return { client, url }
}

async function memoryOf (client: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))![1])
}

/** Writes until so many bytes are used. */
async function fill (client: Redis, bytes: number): Promise<void> {
  for (let i = 0; await memoryOf(client) < bytes; i++) await client.set(`junk:${i}`, 'x'.repeat(100_000))
}

const MB = 2 ** 20

function logOf () {
  const lines: string[] = []
  const add = (...args: unknown[]): void => { lines.push(String(args.at(-1))) }
  return { lines, log: { info: add, warn: add, error: add } as never }
}

t.test('a Redis that is full: nothing is tried uncounted, /ready says so, the log says so once, and it opens by itself', async (t) => {
  const { client, url } = await startServer(t, '--maxmemory', '20mb', '--maxmemory-policy', 'noeviction')
  const lines: string[] = []
  const app = await build(t, { limits: { redisUrl: url, signIn: { refusalTime: 0 } } }, { logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  await until('connected', async () => (await app.inject('/ready')).statusCode === 200)
  const alice = await signUp(app)
  const signIn = (password = alice.password) => app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: alice.email }, { id: 'password', value: password }] } })
  t.equal((await signIn()).json().status, 'OK')

  await fill(client, 10 * MB)
  // Well below what is used: at the brink, a small write may still fit.
  await client.config('SET', 'maxmemory', '6mb')
  t.match(await client.get('junk:0'), /^x/, 'it still answers reads')
  const ready = await app.inject('/ready')
  t.equal(ready.statusCode, 503)
  t.strictSame(ready.json(), { status: 'unavailable', reasons: ['redis'] })
  for (let i = 0; i < 8; i++) {
    const answer = await signIn(i % 2 === 0 ? 'wrong' : alice.password)
    t.equal(answer.statusCode, 503)
    t.equal(answer.json().code, 'AUTH_LIMITS_UNAVAILABLE')
  }
  t.equal((await app.inject('/health')).statusCode, 200)

  await client.flushall()
  t.equal((await app.inject('/ready')).statusCode, 200)
  t.equal((await signIn()).json().status, 'OK', 'at once')
  t.equal(lines.filter((line) => line.includes('The Redis of the limits is full')).length, 1)
  t.notOk(lines.some((line) => line.includes('Redis does not answer')), 'it did answer')
})

t.test('a Redis that is filling up is told of well before, one that evicts at start', async (t) => {
  const { client, url } = await startServer(t, '--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru')
  await fill(client, 7.5 * MB)
  const { lines, log } = logOf()
  const connection = await connectRedis(url, log)
  t.teardown(() => { connection.client.disconnect() })
  await until('both warnings', () => lines.length >= 2)
  t.match(lines, [/^Redis may evict/, /^The Redis of the limits is filling up/])
})

t.test('wrong passwords of made-up names from everywhere are forgotten within a quarter of an hour, and take what docs/limits.md says', async (t) => {
  const { client, url } = await startServer(t)
  const connection = await connectRedis(url, logOf().log)
  t.teardown(() => { connection.client.disconnect() })
  await until('connected', () => connection.isReachable())
  const limits = resolveLimits({ signIn: { refusalTime: 0 } })
  if (limits === false || limits.signIn === false) throw new Error('the default options must include limits')
  const signIn = createSignIn({ store: createRedisStore(connection), keys: createKeys('secret'), rules: limits.signIn })
  const before = await memoryOf(client)
  const TRIES = 3000
  for (let i = 0; i < TRIES; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => {
      const n = i + j
      const claimant = { account: `nobody-${n}@example.com`, networks: networksOf(`2001:db8:${n.toString(16)}:1::1`) }
      return signIn.attempt(claimant, async () => ({ status: 'WRONG_CREDENTIALS_ERROR' }))
    }))
  }
  const [after, keys] = [await memoryOf(client), await client.keys('*')]
  t.comment(`${keys.length / TRIES} keys for each try, ${Math.round((after - before) / TRIES)} bytes, ${Math.round((after - before) / keys.length)} bytes a key`)
  t.ok((after - before) / keys.length <= 200, 'bytes a key')
  const lives = await Promise.all(keys.map((key) => client.pttl(key)))
  t.ok(Math.max(...lives) <= 900_000)
  t.ok(lives.filter((ms) => ms > 60_000).length <= TRIES * 2, 'two of its keys are remembered for longer than a minute')
})

t.test('one account is known at sixteen addresses at most, however many it signs in from', async (t) => {
  const { client, url } = await startServer(t)
  const connection = await connectRedis(url, logOf().log)
  t.teardown(() => { connection.client.disconnect() })
  await until('connected', () => connection.isReachable())
  const limits = resolveLimits(undefined)
  if (limits === false || limits.signIn === false) throw new Error('the default options must include limits')
  const signIn = createSignIn({ store: createRedisStore(connection), keys: createKeys('secret'), rules: limits.signIn })
  for (let i = 0; i < 300; i++) await signIn.attempt({ account: 'mallory', networks: networksOf(`2001:db8:${i.toString(16)}::1`) }, async () => ({ status: 'OK' }))
  const keys = await client.keys('*')
  t.ok(keys.filter((key) => key.includes(':known:')).length <= 16)
  t.ok(keys.length <= 17, `${keys.length} in all`)
})
