// Before Fastify(), so that no route is declared unseen: autoload imports plugins when there may be routes already.
import 'fastify-2fa'
import { fileURLToPath } from 'node:url'
import autoload from '@fastify/autoload'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Fastify2faOptions } from 'fastify-2fa'
import type { Config } from './config.js'

declare module 'fastify' {
  interface FastifyInstance {
    readonly config: Config
  }
}

export interface AppOptions {
  config: Config
  /** What tests put in the place of the Core and the senders. */
  twoFactor?: Fastify2faOptions
  /** Adds what tests need to see before any route is declared. */
  prepare?: (app: FastifyInstance) => void
  logger?: FastifyServerOptions['logger']
}

const folder = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The app, without a port. */
export async function buildApp ({ config, twoFactor = {}, prepare, logger = false }: AppOptions): Promise<FastifyInstance> {
  // The database may be starting as well.
  const app = Fastify({ logger, pluginTimeout: 60_000 })
  app.decorate('config', config)
  prepare?.(app)
  // In the order of their `dependencies`. Each is wrapped in fastify-plugin: what it adds, routes have.
  await app.register(autoload, { dir: folder('plugins'), forceESM: true, options: { twoFactor } })
  // Folders are prefixes. Each is a scope of its own.
  await app.register(autoload, { dir: folder('routes'), forceESM: true })
  return app
}
