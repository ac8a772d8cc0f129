import { Redis } from 'ioredis'
import { createCircuit, type Circuit } from '../outage/circuit.js'
import type { FastifyBaseLogger } from 'fastify'

/** Treat a hanging Redis as down: a person is waiting for the reply. */
const PATIENCE_MS = 2000

export interface RedisConnection {
  client: Redis
  /** Also covers a Redis that is connected but hangs, so that callers do not each wait for the time-out. */
  circuit: Circuit
  /** Never throws. */
  isReachable (): Promise<boolean>
}

/**
 * Opens a connection whose commands either finish in time or fail. It reconnects by itself.
 *
 * @param log gets one line when the connection is lost and one when it is back, not one per attempt
 */
export function connectRedis (url: string, log: FastifyBaseLogger): RedisConnection {
  const redis = new Redis(url, {
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    // Refuse a request now rather than queue its command.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
    // Sent by a former primary that has just become a replica.
    reconnectOnError: ({ message }) => message.startsWith('READONLY')
  })
  let up = true

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
  redis.on('ready', back)
  return {
    client: redis,
    // Any failure counts as an outage: keys are hashes and values are numbers, so no client input can cause one.
    circuit: createCircuit({ isOutage: () => true, onDown: () => { lost('ETIMEDOUT') }, onUp: back }),
    isReachable: () => redis.ping().then(() => true, () => false)
  }
}
