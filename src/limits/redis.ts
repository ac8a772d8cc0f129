import { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'

/** A person waits for the answer: a Redis that hangs is one that is down. */
const PATIENCE_MS = 2000

/**
 * A connection that answers at once or not at all, and comes back by itself.
 *
 * @param log told when the connection is lost and when it is back, not for every attempt
 */
export function connectRedis (url: string, log: FastifyBaseLogger): Redis {
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

  // The error may quote the address, and the address its password.
  redis.on('error', (err: Error & { code?: string }) => { lost(err.code) })
  // A connection that breaks and is back with the first attempt has refused people meanwhile, and makes no error.
  redis.on('reconnecting', () => { lost() })
  redis.on('ready', () => {
    if (!up) log.info('Redis answers again')
    up = true
  })
  return redis
}
