import { isDeepStrictEqual } from 'node:util'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { reloadRedis } from '../src/limits/reload-redis.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import type { ResolvedOptions } from '../src/options/resolved.js'
import { createRevocations, type Revocations } from '../src/revocations/bus.js'
import { createPush } from '../src/revocations/push.js'
import { joinStream, type RevocationStream } from '../src/revocations/redis-stream.js'
import { createServiceClients, type ServiceClients } from '../src/service-clients/clients.js'
import { becauseOf } from '../src/session/end-reason.js'
import { onRevocation } from '../src/session/ended.js'
import { share } from '../src/two-factor.js'
import { REVOCATIONS, SESSION_GUARD, SIGNING_KEYS } from './names.js'

export type RevocationsOptions = Fastify2faOptions

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Sessions that end, and who is told. */
    readonly revocations: Revocations
    /** Other services of yours; undefined where none is configured. */
    readonly serviceClients: ServiceClients | undefined
  }
}

/** Tells replicas, services and a receiver of security events which sessions have ended. */
async function revocationsPlugin (app: FastifyInstance, options: RevocationsOptions): Promise<void> {
  const { serviceClients, eventReceiver, limits } = resolveOptions(options, ['events'])
  const redisUrl = limits === false ? undefined : limits.redisUrl
  let stream: RevocationStream | undefined
  const revocations = await createRevocations({
    join: redisUrl === undefined ? undefined : async (handlers) => (stream = await joinStream(redisUrl, handlers, app.log)),
    // Where nobody may read them, none are kept.
    most: serviceClients.length === 0 ? 0 : undefined
  })
  if (redisUrl !== undefined) reloadRedis(app, options, redisUrl, () => stream?.clients ?? [])
  share(app, 'revocations', revocations)
  const clients = serviceClients.length === 0 ? undefined : createServiceClients(serviceClients)
  share(app, 'serviceClients', clients)

  const push = eventReceiver === undefined ? undefined : createPush({ receiver: eventReceiver, signer: app.twoFactor.signer!, log: app.log })
  let used: Pick<ResolvedOptions, 'serviceClients' | 'eventReceiver'> = { serviceClients, eventReceiver }
  onReload(app, ({ serviceClients: nextClients = used.serviceClients, eventReceiver: nextReceiver = used.eventReceiver }, { admin = options.admin }) => {
    const next = resolveOptions({ ...options, ...(admin && { admin }), serviceClients: nextClients, ...(nextReceiver !== undefined && { eventReceiver: nextReceiver }) }, ['events'])
    return () => {
      if (!isDeepStrictEqual(next.serviceClients, used.serviceClients)) clients?.replace(next.serviceClients)
      if (next.eventReceiver !== undefined) push?.useToken(next.eventReceiver.token)
      used = next
    }
  })
  const stop = push === undefined ? undefined : onRevocation(push.add)
  app.addHook('onClose', async () => {
    stop?.()
    push?.close()
    await revocations.close()
  })

  app.twoFactor.recipes.override('session', {
    apis: (original) => ({
      ...original,
      async signOutPOST (input) {
        becauseOf(input.userContext, 'signed-out')
        return await original.signOutPOST!(input)
      }
    })
  })
}

export default fp(revocationsPlugin, { name: REVOCATIONS, fastify: '5.x', dependencies: [SESSION_GUARD, SIGNING_KEYS] })
