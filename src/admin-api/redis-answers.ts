import type { Redis } from 'ioredis'
import { LimitsUnavailable } from '../errors.js'
import type { RedisConnection } from '../limits/redis.js'
import { KEPT_MS, MOST_KEPT, UNDER_WAY_MS, type Kept, type KeptAnswers } from './kept-answers.js'

const PREFIX = 'fastify-2fa:admin'

/**
 * KEYS: a hash of what is kept, and the order of it. ARGV: name, value, now, the time before which a change under way counts
 * as ended, the same for answers, how many are kept, and how long, in milliseconds.
 */
const TAKE = `
for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])) do
  redis.call('HDEL', KEYS[1], old)
  redis.call('ZREM', KEYS[2], old)
end
local found = redis.call('HGET', KEYS[1], ARGV[1])
if found and (cjson.decode(found).answer or tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1])) > tonumber(ARGV[4])) then return found end
while redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[6]) do
  redis.call('HDEL', KEYS[1], redis.call('ZPOPMIN', KEYS[2])[1])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return false`

const KEEP = "if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end"

const DROP = `
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])`

interface Scripts {
  adminTake (hash: string, order: string, name: string, value: string, now: number, underWay: number, over: number, most: number, life: number): Promise<string | null>
  adminKeep (hash: string, name: string, value: string): Promise<null>
  adminDrop (hash: string, order: string, name: string): Promise<null>
}

function withScripts (client: Redis): Redis & Scripts {
  client.defineCommand('adminTake', { numberOfKeys: 2, lua: TAKE })
  client.defineCommand('adminKeep', { numberOfKeys: 1, lua: KEEP })
  client.defineCommand('adminDrop', { numberOfKeys: 2, lua: DROP })
  return client as Redis & Scripts
}

/** Keeps answers for all replicas. Without Redis, no change is made that asks for it: it could be made twice. */
export function createRedisAnswers ({ client, circuit }: Pick<RedisConnection, 'client' | 'circuit'>): KeptAnswers {
  const redis = withScripts(client)
  // Braces keep both on one node of a cluster.
  const hashOf = (caller: string): string => `${PREFIX}:{${caller}}:answers`
  const orderOf = (caller: string): string => `${PREFIX}:{${caller}}:order`

  async function ask<Result> (call: () => Promise<Result>): Promise<Result> {
    try {
      return await circuit.run(call)
    } catch (cause) {
      throw new LimitsUnavailable({ cause })
    }
  }

  return {
    async take (caller, name, print) {
      const now = Date.now()
      const found = await ask(() => redis.adminTake(hashOf(caller), orderOf(caller), name, JSON.stringify({ print }), now, now - UNDER_WAY_MS, now - KEPT_MS, MOST_KEPT, KEPT_MS))
      return found === null ? undefined : JSON.parse(found) as Kept
    },
    async keep (caller, name, kept) {
      await ask(() => redis.adminKeep(hashOf(caller), name, JSON.stringify(kept)))
    },
    async drop (caller, name) {
      await ask(() => redis.adminDrop(hashOf(caller), orderOf(caller), name))
    }
  }
}
