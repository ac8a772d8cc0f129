import { Redis } from 'ioredis'
import { createCircuit, type Circuit } from '../outage/circuit.js'
import type { FastifyBaseLogger } from 'fastify'

/** A person waits for the answer: a Redis that hangs is one that is down. */
const PATIENCE_MS = 2000

export interface RedisConnection {
  client: Redis
  /** One that is connected and hangs is given up too: its callers do not wait one after the other. */
  circuit: Circuit
  /** Never throws. */
  isReachable (): Promise<boolean>
}

/**
 * A connection that answers at once or not at all, and comes back by itself.
 *
 * @param log told when the connection is lost and when it is back, not for every attempt
 */
export function connectRedis (url: string, log: FastifyBaseLogger): RedisConnection {
  const redis = new Redis(url, {
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    // What cannot be counted now is refused now.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
    // A replica that was the primary until a moment ago.
    reconnectOnError: ({ message }) => message.startsWith('READONLY')
  })
  let up = true

  function lost (code?: string): void {
    if (!up) return
    up = false
    log.error({ code }, 'Redis does not answer; nothing that is limited is allowed until it does')
  }

  function back (): void {
    if (!up) log.info('Redis answers again')
    up = true
  }

  // The error may quote the address, and the address its password.
  redis.on('error', (err: Error & { code?: string }) => { lost(err.code) })
  // A connection that breaks and is back with the first attempt has refused people meanwhile, and makes no error.
  redis.on('reconnecting', () => { lost() })
  redis.on('ready', back)
  return {
    client: redis,
    // Nothing that a client sends makes Redis fail: keys are hashes, values are numbers.
    circuit: createCircuit({ isOutage: () => true, onDown: () => { lost('ETIMEDOUT') }, onUp: back }),
    isReachable: () => redis.ping().then(() => true, () => false)
  }
}
