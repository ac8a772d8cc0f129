import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../options/options.js'
import { resolveOptions } from '../options/resolve.js'
import { onReload } from '../reload/reloads.js'
import { prepareCredentials, type RedisClient } from './redis-credentials.js'

/** Lets the connections of a plugin take part in reloads. */
export function reloadRedis (app: FastifyInstance, options: Fastify2faOptions, first: string, clients: () => readonly RedisClient[]): void {
  let present = first
  onReload(app, async ({ limits }) => {
    if (limits === undefined) return undefined
    const { limits: next } = resolveOptions({ ...options, limits }, ['limits'])
    if (next === false || next.redisUrl === undefined || next.redisUrl === present) return undefined
    const { redisUrl } = next
    const commit = await prepareCredentials(clients(), present, redisUrl)
    return () => {
      commit()
      present = redisUrl
    }
  })
}
