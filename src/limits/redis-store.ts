import type { Redis } from 'ioredis'
import { LimitsUnavailable } from '../errors.js'
import { inRedisCall } from '../tracing/calls.js'
import type { RedisConnection } from './redis.js'
import type { LimitStore } from './store.js'

const PREFIX = 'fastify-2fa'

/** Returns the count and the milliseconds until it expires. ARGV: `seconds` and `longest`, in milliseconds; the amount. */
const ADD = `
local count = redis.call('INCRBY', KEYS[1], ARGV[3])
local ttl = redis.call('PTTL', KEYS[1])
local step, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local more = math.min(step, longest - (count - 1) * step)
local wanted = ttl < 0 and step or math.max(ttl, math.min(ttl + math.max(0, more), longest))
if wanted > ttl then redis.call('PEXPIRE', KEYS[1], wanted) end
return { count, wanted }`

/** One step, so that a counter that has just expired is not recreated below zero, without an expiry. */
const TAKE_BACK = `
local count = tonumber(redis.call('GET', KEYS[1]))
if count == nil then return end
if count <= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) else redis.call('DECRBY', KEYS[1], ARGV[1]) end`

const TAKE = `
if redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) then return 0 end
return math.max(1, redis.call('PTTL', KEYS[1]))`

/** A script, since a Redis that is full refuses transactions even if they only read. */
const GET = "return { redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]) }"

const milliseconds = (seconds: number): number => Math.ceil(seconds * 1000)

interface Scripts {
  limitAdd (key: string, step: number, longest: number, amount: number): Promise<[count: number, waitMs: number]>
  limitTakeBack (key: string, amount: number): Promise<null>
  limitTake (key: string, life: number): Promise<number>
  limitGet (key: string): Promise<[count: string | null, ttl: number]>
}

function withScripts (client: Redis): Redis & Scripts {
  client.defineCommand('limitAdd', { numberOfKeys: 1, lua: ADD })
  client.defineCommand('limitTakeBack', { numberOfKeys: 1, lua: TAKE_BACK })
  client.defineCommand('limitTake', { numberOfKeys: 1, lua: TAKE })
  client.defineCommand('limitGet', { numberOfKeys: 1, lua: GET })
  return client as Redis & Scripts
}

/** Creates counters that all replicas share. */
export function createRedisStore ({ client, circuit, memory }: RedisConnection): LimitStore {
  const redis = withScripts(client)
  const named = (key: string): string => `${PREFIX}:${key}`

  // Fail closed when the store is down. Counting in memory instead would grant every replica, and every restart, the
  // full number again.
  async function ask<Result> (command: string, script: keyof Scripts | undefined, call: () => Promise<Result>): Promise<Result> {
    try {
      memory.look()
      return await inRedisCall(command, script, () => circuit.run(call))
    } catch (cause) {
      throw new LimitsUnavailable({ cause })
    }
  }

  const run = <Result>(script: keyof Scripts, call: () => Promise<Result>): Promise<Result> => ask('EVALSHA', script, call)

  const get: LimitStore['get'] = (key) => run('limitGet', async () => {
    const [count, ttl] = await redis.limitGet(named(key))
    return count === null ? undefined : { count: Number(count), waitMs: Math.max(0, ttl) }
  })

  return {
    get,
    add: (key, seconds, longest = seconds, amount = 1) => run('limitAdd', async () => {
      const [count, waitMs] = await redis.limitAdd(named(key), milliseconds(seconds), milliseconds(longest), amount)
      return { count, waitMs }
    }),
    takeBack: (key, amount = 1) => run('limitTakeBack', async () => { await redis.limitTakeBack(named(key), amount) }),
    take: (key, seconds) => run('limitTake', () => redis.limitTake(named(key), milliseconds(seconds))),
    put: (key, count, seconds) => ask('SET', undefined, async () => { await redis.set(named(key), count, 'PX', milliseconds(seconds)) }),
    count: async (key) => (await get(key))?.count ?? 0,
    delete: (key) => ask('DEL', undefined, async () => { await redis.del(named(key)) })
  }
}
