import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { createAdminCallers, type AdminCallers } from '../src/admin-api/callers.js'
import { createGate, type Actor, type Gate } from '../src/admin-api/gate.js'
import { createIdempotency, type Idempotency } from '../src/admin-api/idempotency.js'
import { createAdminListeners, type AdminListeners } from '../src/admin-api/listener.js'
import { createKeptAnswers } from '../src/admin-api/kept-answers.js'
import type { AdminOptions } from '../src/admin-api/options.js'
import { createRedisAnswers } from '../src/admin-api/redis-answers.js'
import { publishAudit, requireAudit } from '../src/audit/audit.js'
import { NotFound, OptionsInvalid } from '../src/errors.js'
import { reloadRedis } from '../src/limits/reload-redis.js'
import { connectRedis } from '../src/limits/redis.js'
import { isBelow, joinPaths } from '../src/options/auth-path.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { onReload } from '../src/reload/reloads.js'
import { share } from '../src/two-factor.js'
import { ACCOUNT_RECOVERY, ADMIN, LIMITS, SESSION_GUARD } from './names.js'

export type AdminPluginOptions = Fastify2faOptions

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Administration over HTTP; undefined where `admin` is off. */
    readonly admin: {
      /** Undefined where nobody may call the API. */
      readonly api: { readonly callers: AdminCallers, readonly once: Idempotency } | undefined
      /** Undefined where every port has the API. */
      readonly listeners: AdminListeners | undefined
      /** Checks and audits what is done. */
      readonly act: Gate
      /**
       * Audits that somebody looked at a person, or at so many of something.
       *
       * @throws AUTH_AUDIT_UNAVAILABLE where that has to be kept, and cannot
       */
      viewed (actor: Actor, whom: string | number, what?: 'people' | 'audit events'): void
    } | undefined
  }
}

/** Lets other keys and certificates take the place of the present ones. Who has a page is known by their role. */
function reloadCallers (app: FastifyInstance, options: AdminPluginOptions, callers: AdminCallers | undefined): void {
  onReload(app, ({ admin: next, serviceClients: nextClients }, { admin = options.admin, serviceClients = options.serviceClients }) => {
    if (next === undefined && nextClients === undefined) return undefined
    // Together: a key must not be the secret of a service client, whichever of the two is new.
    const { admin: { keys, certificates } = { keys: [], certificates: [] } } = resolveOptions({ ...options, ...(admin && { admin: { ...options.admin, ...callersIn(admin) } }), ...(serviceClients && { serviceClients }) })
    if (callers === undefined && keys.length + certificates.length > 0) throw new OptionsInvalid('admin: there was no key or certificate at the start, so there is no API')
    return () => { callers?.replace({ keys, certificates }) }
  })
}

/** All of them: whoever is left out is none any more. */
const callersIn = ({ keys = [], certificates = [] }: AdminOptions): AdminOptions => ({ keys, certificates })

/** Who administers accounts over HTTP, and how. `routes/admin` and `routes/pages/admin` answer them. */
async function adminPlugin (app: FastifyInstance, options: AdminPluginOptions): Promise<void> {
  const { admin, limits } = resolveOptions(options)
  const callers = admin === undefined || admin.keys.length + admin.certificates.length === 0 ? undefined : createAdminCallers(admin)
  reloadCallers(app, options, callers)
  if (admin === undefined) {
    share(app, 'admin', undefined)
    return
  }
  const redisUrl = limits === false ? undefined : limits.redisUrl
  const redis = callers !== undefined && redisUrl !== undefined ? await connectRedis(redisUrl, app.log) : undefined
  app.addHook('onClose', async () => { redis?.client.disconnect() })
  if (redis !== undefined) reloadRedis(app, options, redisUrl!, () => [redis.client])
  const listeners = callers !== undefined && admin.ownListener ? createAdminListeners() : undefined
  if (listeners !== undefined) {
    // Nothing else is there. A host's routes that were declared before are open to everybody anyway.
    app.addHook('onRequest', async (request) => {
      if (listeners.brought(request) && !isBelow(request.routeOptions.url ?? '', joinPaths(app.prefix, admin.path))) throw new NotFound()
    })
    app.addHook('preClose', async () => { listeners.stop() })
    app.addHook('onClose', async () => { await listeners.ended() })
  }
  share(app, 'admin', {
    listeners,
    api: callers && { callers, once: createIdempotency(redis === undefined ? createKeptAnswers() : createRedisAnswers(redis)) },
    act: createGate(app, admin.page),
    viewed (actor, whom, what = 'people') {
      publishAudit(app, { type: 'admin.viewed', actor: actor.by, ...(typeof whom === 'string' ? { userId: whom } : { reason: `${whom} ${what}` }) }, actor.request)
      requireAudit(app)
    }
  })
}

export default fp(adminPlugin, { name: ADMIN, fastify: '5.x', dependencies: [ACCOUNT_RECOVERY, LIMITS, SESSION_GUARD] })
