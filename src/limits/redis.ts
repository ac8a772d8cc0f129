import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'
import { createCircuit, type Circuit } from '../outage/circuit.js'
import { openRedis, REDIS_PATIENCE_MS } from '../redis.js'
import { watchMemory, type RedisMemory } from './redis-memory.js'
import type { RedisState } from './redis-state.js'

/** Written by the check of whether Redis can be written to. */
const READY_KEY = 'fastify-2fa:ready'
const READY_SECONDS = 60

export interface RedisConnection {
  client: Redis
  /** Also covers a Redis that is connected but hangs, so that callers do not each wait for the time-out. */
  circuit: Circuit
  memory: RedisMemory
  /** Whether it answers, and how many commands have failed. */
  readonly state: RedisState
  /** Whether it can be written to: a Redis that is full still answers reads. Never throws. */
  isReachable (): Promise<boolean>
}

/** Redis has reached `maxmemory`. The reply to a script has the code in its middle before Redis 7. */
function isOutOfMemory (error: unknown): boolean {
  return error instanceof Error && /\bOOM\b/.test(error.message)
}

/**
 * Opens the connection of the limits.
 *
 * @param log gets one line when the connection is lost and one when it is back, not one per attempt
 * @throws AUTH_PACKAGE_MISSING
 */
export async function connectRedis (url: string, log: FastifyBaseLogger): Promise<RedisConnection> {
  const redis = await openRedis(url, { neededBy: 'limits.redisUrl' })
  const memory = watchMemory(() => redis.info('memory'), log)
  let up = true
  let errors = 0

  function lost (code?: string): void {
    if (!up) return
    up = false
    log.error({ code }, 'Redis does not answer; requests that need a limit are refused until it does')
  }

  function back (): void {
    if (!up) log.info('Redis answers again')
    up = true
  }

  // Log the code only: the message may quote the URL, and with it the password.
  redis.on('error', (err: Error & { code?: string }) => { lost(err.code) })
  // A connection that breaks and recovers at the first attempt emits no error, but has refused requests meanwhile.
  redis.on('reconnecting', () => { lost() })
  redis.on('ready', () => {
    back()
    memory.lookNow()
  })
  // Until then nobody knows.
  const firstAttempt = Promise.race([
    new Promise<void>((resolve) => { for (const event of ['ready', 'error', 'close'] as const) redis.once(event, () => { resolve() }) }),
    sleep(REDIS_PATIENCE_MS, undefined, { ref: false })
  ])
  return {
    client: redis,
    circuit: createCircuit({
      // Any failure counts as an outage: keys are hashes and values are numbers, so no client input can cause one. But a
      // Redis that is full answers at once, and reads succeed: the circuit would open and close all the time.
      isOutage (error) {
        errors++
        const isFull = isOutOfMemory(error)
        if (isFull) memory.isFull()
        return !isFull
      },
      onDown: () => { lost('ETIMEDOUT') },
      onUp: back
    }),
    memory,
    state: { get isConnected () { return up && redis.status === 'ready' }, get errors () { return errors } },
    isReachable: () => firstAttempt.then(() => redis.set(READY_KEY, 1, 'EX', READY_SECONDS)).then(() => true, (error) => {
      if (isOutOfMemory(error)) memory.isFull()
      return false
    })
  }
}
