import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import cors from '../plugins/cors.js'
import underPressure, { type UnderPressureOptions } from '../plugins/under-pressure.js'
import devOutboxRoutes from '../routes/dev-outbox.js'
import exampleRoutes from '../routes/examples.js'
import healthRoutes from '../routes/health.js'
import sessionRoutes from '../routes/session.js'
import { fastify2fa } from './fastify-2fa.js'
import type { Fastify2faOptions } from './options/options.js'
import { servesDevRoutes } from './options/production.js'

/** Options of the service: those of the library, {@link Fastify2faOptions}, and how it runs. */
export interface ServiceOptions extends Fastify2faOptions, UnderPressureOptions {}

/** The whole service as one plugin. */
async function servicePlugin (app: FastifyInstance, { maxEventLoopDelay, ...options }: ServiceOptions): Promise<void> {
  await app.register(cors, options)
  await app.register(underPressure, maxEventLoopDelay === undefined ? {} : { maxEventLoopDelay })
  await app.register(fastify2fa, options)
  await app.register(healthRoutes)
  await app.register(sessionRoutes)
  if (servesDevRoutes(options)) {
    await app.register(exampleRoutes)
    await app.register(devOutboxRoutes)
  }
}

export const service = fp(servicePlugin, { name: 'fastify-2fa/service', fastify: '5.x' })
