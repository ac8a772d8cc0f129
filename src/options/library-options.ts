import type { ServiceOptions } from '../app.js'
import type { Fastify2faOptions } from './options.js'

/** Options of the service without those that only the service has, which the library refuses as unknown. */
export function libraryOptions ({ maxEventLoopDelay: _delay, routesPath: _path, openapi: _openapi, root: _root, metricsEndpoint: _endpoint, ...options }: ServiceOptions): Fastify2faOptions {
  return options
}
