import Fastify from 'fastify'
import type { ServiceOptions } from '../app.js'
import { service } from '../app.js'

/** The document of a service with these options. It takes a Core in memory and senders that send nothing. */
export async function describeService (options: ServiceOptions): Promise<object> {
  const app = Fastify({ logger: false })
  try {
    const { redisUrl: _url, ...limits } = options.limits === undefined || options.limits === false ? {} : options.limits
    await app.register(service, {
      ...options, openapi: true, core: { embedded: {} }, sms: { provider: 'log' }, mail: { provider: 'log' }, embeddedCoreInProduction: true, printCodesInProduction: true, metrics: false, limits
    })
    await app.ready()
    return app.swagger()
  } finally {
    await app.close()
  }
}
