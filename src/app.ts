import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import cors from '../plugins/cors.js'
import openApi from '../plugins/openapi.js'
import underPressure, { type UnderPressureOptions } from '../plugins/under-pressure.js'
import devOutboxRoutes from '../routes/dev-outbox.js'
import exampleRoutes from '../routes/examples.js'
import healthRoutes from '../routes/health.js'
import metricsRoutes from '../routes/metrics.js'
import openApiRoutes from '../routes/openapi.js'
import rootRoutes from '../routes/root.js'
import sessionRoutes from '../routes/session.js'
import { OptionsInvalid } from './errors.js'
import { fastify2fa } from './fastify-2fa.js'
import { isPlainPath, joinPaths } from './options/auth-path.js'
import type { MetricsEndpoint } from './metrics/options.js'
import type { Fastify2faOptions } from './options/options.js'
import { servesDevRoutes } from './options/production.js'

/** Options of the service: those of the library, {@link Fastify2faOptions}, and how it runs. */
export interface ServiceOptions extends Fastify2faOptions, UnderPressureOptions {
  /**
   * Path below which the routes outside `apiBasePath` are: `/sessioninfo`, `/me`, `/health`, `/ready`, and those for
   * development.
   * @default '/'
   */
  routesPath?: string
  /**
   * Whether `/openapi.json` describes the service (OpenAPI 3.1). Takes the package @fastify/swagger.
   * @default false
   */
  openapi?: boolean
  /**
   * Whether `routesPath` itself says what this is, or leads to the hosted pages.
   * @default false
   */
  root?: boolean
  /** Who may read the metrics, if `metrics` is on. @default everybody, and a refusal to start in production */
  metricsEndpoint?: MetricsEndpoint
}

/** The whole service as one plugin. */
async function servicePlugin (app: FastifyInstance, { maxEventLoopDelay, routesPath = '/', openapi = false, root = false, metricsEndpoint, ...options }: ServiceOptions & { prefix?: string }): Promise<void> {
  if (!isPlainPath(routesPath)) throw new OptionsInvalid('routesPath must be a path such as /internal')
  const place = { prefix: joinPaths(options.prefix, routesPath) }
  if (openapi) await app.register(openApi, options)
  await app.register(cors, options)
  await app.register(underPressure, maxEventLoopDelay === undefined ? {} : { maxEventLoopDelay })
  await app.register(fastify2fa, options)
  await app.register(healthRoutes, place)
  await app.register(sessionRoutes, place)
  if (options.metrics) await app.register(metricsRoutes, { ...place, ...metricsEndpoint })
  if (openapi) await app.register(openApiRoutes, place)
  if (root) await app.register(rootRoutes, place)
  if (servesDevRoutes(options)) {
    await app.register(exampleRoutes, place)
    await app.register(devOutboxRoutes, place)
  }
}

export const service = fp(servicePlugin, { name: 'fastify-2fa/service', fastify: '5.x' })
