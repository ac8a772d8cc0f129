import Fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ClientRefused, MetricsKeyRefused, OptionsInvalid } from '../src/errors.js'
import { endpointProblems, keysOf, type MetricsEndpoint } from '../src/metrics/options.js'
import { otherHolder } from '../src/metrics/others-keys.js'
import { describedAs, UNLISTED } from '../src/openapi/described.js'
import { onReload, type ReloadableOptions } from '../src/reload/reloads.js'
import { createServiceClients } from '../src/service-clients/clients.js'
import { OPEN_ROUTE } from '../src/session/open-route.js'

export type MetricsRoutesOptions = MetricsEndpoint

/** What a scraper calls itself, if it sends its key as Basic. */
const CLIENT = 'metrics'

/**
 * `/metrics`, for Prometheus: with a port of its own, at that port alone. Strangers could read there how many people sign
 * in, and when their attack is noticed.
 */
export default async function metricsRoutes (app: FastifyInstance, { port, host, key }: MetricsRoutesOptions): Promise<void> {
  const { metrics } = app.twoFactor
  if (metrics === undefined) throw new OptionsInvalid('the routes of metrics need metrics: true')
  const endpoint: MetricsEndpoint = { ...(port !== undefined && { port }), ...(host !== undefined && { host }), ...(key !== undefined && { key }) }
  const { mayBeOpen } = metrics

  function checked (keys: Pick<MetricsEndpoint, 'key'>, others?: ReloadableOptions): readonly string[] {
    const problems = endpointProblems({ ...endpoint, ...keys }, !mayBeOpen)
    if (problems.length > 0) throw new OptionsInvalid(problems.join('; '))
    const secrets = keysOf(keys)
    const holder = otherHolder(app, secrets, others)
    if (holder !== undefined) throw new OptionsInvalid(`a key of metrics is that of ${holder}, and every scraper has it. Make another one`)
    return secrets
  }

  const secrets = checked(endpoint)
  const clients = secrets.length === 0 ? undefined : createServiceClients([{ id: CLIENT, secrets }])
  // Again, since a host may register the others later.
  app.addHook('onReady', async () => { checked(endpoint) })
  onReload(app, ({ metricsEndpoint }, inForce) => {
    const next = checked(inForce.metricsEndpoint ?? endpoint, inForce)
    if (metricsEndpoint === undefined) return undefined
    // Without a key, whoever reaches the metrics reads them.
    if (clients === undefined || next.length === 0) throw new OptionsInvalid('metricsEndpoint: its key can be replaced while the app runs, and not added or removed')
    return () => { clients.replace([{ id: CLIENT, secrets: next }]) }
  })

  // Under pressure is when the figures are needed most.
  const config = { ...OPEN_ROUTE, ...describedAs(UNLISTED), pressureHandler: () => {} }

  function serve (scope: FastifyInstance): void {
    scope.get('/metrics', {
      config,
      async onRequest (request: FastifyRequest, reply: FastifyReply) {
        reply.header('cache-control', 'no-store')
        await clients?.authenticate(request)
      },
      errorHandler (err: Error, _request: FastifyRequest, reply: FastifyReply) {
        const isRefused = err instanceof ClientRefused
        if (isRefused) reply.header('www-authenticate', 'Bearer')
        reply.send(isRefused ? new MetricsKeyRefused() : err)
      }
    }, async (request, reply) => {
      const { contentType, body } = await metrics!.text(request.headers.accept)
      return await reply.header('content-type', contentType).send(body)
    })
  }

  if (port === undefined) {
    serve(app)
    return
  }
  const own = Fastify({ loggerInstance: app.log, logController: new LogController({ disableRequestLogging: true }), forceCloseConnections: true, requestTimeout: 10_000 })
  own.decorate('twoFactor', app.twoFactor)
  serve(own)
  // When the app is ready rather than when it listens: a port that is taken then stops the boot.
  app.addHook('onReady', async () => {
    await own.listen({ port, host: host ?? '127.0.0.1' })
    const [address] = own.addresses()
    app.log.info({ metrics: address }, 'metrics are served')
  })
  app.addHook('onClose', async () => { await own.close() })
}
