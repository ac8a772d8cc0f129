import { RateLimiterMemory, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Circuit } from '../outage/circuit.js'
import { LimitsUnavailable } from '../errors.js'
import type { RedisConnection } from './redis.js'

/** A counter, and the milliseconds until it is forgotten. */
export interface Count {
  count: number
  waitMs: number
}

/** Counters that forget. All that the limits know of where they are kept; every call that fails is an `AUTH_LIMITS_UNAVAILABLE`. */
export interface LimitStore {
  /** Adds one, atomically whoever else does; a new counter is forgotten after `seconds`. */
  add (key: string, seconds: number): Promise<Count>
  /** Takes one back, if the counter is still there. */
  takeBack (key: string): Promise<void>
  put (key: string, count: number, seconds: number): Promise<void>
  get (key: string): Promise<Count | undefined>
  delete (key: string): Promise<void>
}

/** The longest that memory remembers: a timer's limit is 24.8 days, and beyond it fires at once. */
export const LONGEST_MEMORY_SECONDS = 21 * 86_400

const PREFIX = 'fastify-2fa'

/** Only `penalty` is used to count: what is too many is for the limits to say, which use one store for all their counters. */
function createStore (limiter: RateLimiterAbstract, run: Circuit['run'] = (work) => work()): LimitStore {
  // Closed when the store is down: counting on in memory would give every replica, and every restart, the full number again.
  async function ask<Result> (call: () => Promise<Result>): Promise<Result> {
    try {
      return await run(call)
    } catch (cause) {
      throw new LimitsUnavailable({ cause })
    }
  }

  async function get (key: string): Promise<Count | undefined> {
    const found = await ask(() => limiter.get(key))
    // Memory keeps what is over until its timer fires.
    return found === null || found.msBeforeNext <= 0 ? undefined : { count: found.consumedPoints, waitMs: found.msBeforeNext }
  }

  return {
    get,
    async add (key, seconds) {
      const { consumedPoints, msBeforeNext } = await ask(() => limiter.penalty(key, 1, { customDuration: seconds }))
      return { count: consumedPoints, waitMs: msBeforeNext }
    },
    async takeBack (key) {
      // A counter that is gone would come back below zero.
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

/** Counters of this process. */
export function createMemoryStore (): LimitStore {
  return createStore(new RateLimiterMemory({ points: 1, duration: 60, keyPrefix: PREFIX }))
}

/** Counters that every replica shares. */
export function createRedisStore ({ client, circuit }: RedisConnection): LimitStore {
  return createStore(new RateLimiterRedis({ storeClient: client, points: 1, duration: 60, keyPrefix: PREFIX, rejectIfRedisNotReady: true }), circuit.run)
}
