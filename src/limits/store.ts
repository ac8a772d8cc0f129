import { RateLimiterMemory, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Circuit } from '../outage/circuit.js'
import { LimitsUnavailable } from '../errors.js'
import type { RedisConnection } from './redis.js'

/** A counter's value, and the milliseconds until it expires. */
export interface Count {
  count: number
  waitMs: number
}

/**
 * Counters that expire. The limits know no more than this about where they are kept. Every failing call rejects with
 * `AUTH_LIMITS_UNAVAILABLE`.
 */
export interface LimitStore {
  /** Adds one, atomically across replicas. A new counter expires after `seconds`. */
  add (key: string, seconds: number): Promise<Count>
  /** Subtracts one, if the counter still exists. */
  takeBack (key: string): Promise<void>
  put (key: string, count: number, seconds: number): Promise<void>
  get (key: string): Promise<Count | undefined>
  delete (key: string): Promise<void>
}

/**
 * The longest expiry that the memory store supports. A Node timer holds at most 24.8 days; a longer one fires at once.
 */
export const LONGEST_MEMORY_SECONDS = 21 * 86_400

const PREFIX = 'fastify-2fa'

/**
 * Counts with `penalty` only, which never refuses. The limits decide what is too many, and share one store for all
 * counters.
 */
function createStore (limiter: RateLimiterAbstract, run: Circuit['run'] = (work) => work()): LimitStore {
  // Fail closed when the store is down. Counting in memory instead would grant every replica, and every restart, the
  // full number again.
  async function ask<Result> (call: () => Promise<Result>): Promise<Result> {
    try {
      return await run(call)
    } catch (cause) {
      throw new LimitsUnavailable({ cause })
    }
  }

  async function get (key: string): Promise<Count | undefined> {
    const found = await ask(() => limiter.get(key))
    // The memory store keeps an expired counter until its timer fires.
    return found === null || found.msBeforeNext <= 0 ? undefined : { count: found.consumedPoints, waitMs: found.msBeforeNext }
  }

  return {
    get,
    async add (key, seconds) {
      const { consumedPoints, msBeforeNext } = await ask(() => limiter.penalty(key, 1, { customDuration: seconds }))
      return { count: consumedPoints, waitMs: msBeforeNext }
    },
    async takeBack (key) {
      // `reward` would recreate an expired counter below zero.
      if ((await get(key)) !== undefined) await ask(() => limiter.reward(key, 1, { customDuration: 60 }))
    },
    async put (key, count, seconds) {
      await ask(() => limiter.set(key, count, seconds))
    },
    async delete (key) {
      await ask(() => limiter.delete(key))
    }
  }
}

/** Creates counters in this process. */
export function createMemoryStore (): LimitStore {
  return createStore(new RateLimiterMemory({ points: 1, duration: 60, keyPrefix: PREFIX }))
}

/** Creates counters that all replicas share. */
export function createRedisStore ({ client, circuit }: RedisConnection): LimitStore {
  return createStore(new RateLimiterRedis({ storeClient: client, points: 1, duration: 60, keyPrefix: PREFIX, rejectIfRedisNotReady: true }), circuit.run)
}
