import type { Redis } from 'ioredis'
import { orInstall } from './optional-package.js'

/** Milliseconds. A hanging Redis is as bad as none. */
export const REDIS_PATIENCE_MS = 2000

interface RedisConnectionOptions {
  /** The option that needs Redis. */
  neededBy: string
  /** Milliseconds that a command may take. @default REDIS_PATIENCE_MS */
  commandTimeout?: number
  /** The longest pause between two attempts to connect, in milliseconds. @default 1000 */
  longestPause?: number
  /** Whether a command whose answer got lost is sent once more. @default true, as ioredis has it */
  autoResendUnfulfilledCommands?: boolean
}

/**
 * Opens a connection whose commands either finish in time or fail. It reconnects by itself. Loads the client only now:
 * apps that have no Redis need not install it.
 *
 * @throws AUTH_PACKAGE_MISSING
 */
export async function openRedis (url: string, { neededBy, commandTimeout = REDIS_PATIENCE_MS, longestPause = 1000, autoResendUnfulfilledCommands = true }: RedisConnectionOptions): Promise<Redis> {
  const { Redis } = await import('ioredis').catch(orInstall('ioredis', neededBy))
  return new Redis(url, {
    connectTimeout: REDIS_PATIENCE_MS,
    commandTimeout,
    autoResendUnfulfilledCommands,
    // Refuse now rather than queue a command.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, longestPause),
    // Sent by a former primary that has just become a replica.
    reconnectOnError: ({ message }) => message.startsWith('READONLY')
  })
}
