import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { createAdminCallers, type AdminCallers } from '../src/admin-api/callers.js'
import { createGate, type Actor, type Gate } from '../src/admin-api/gate.js'
import { createIdempotency, type Idempotency } from '../src/admin-api/idempotency.js'
import { createAdminListeners, type AdminListeners } from '../src/admin-api/listener.js'
import { createKeptAnswers } from '../src/admin-api/kept-answers.js'
import { createRedisAnswers } from '../src/admin-api/redis-answers.js'
import { publishAudit, requireAudit } from '../src/audit/audit.js'
import { NotFound } from '../src/errors.js'
import { connectRedis } from '../src/limits/redis.js'
import { isBelow, joinPaths } from '../src/options/auth-path.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
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

/** Who administers accounts over HTTP, and how. `routes/admin` and `routes/pages/admin` answer them. */
async function adminPlugin (app: FastifyInstance, options: AdminPluginOptions): Promise<void> {
  const { admin, limits } = resolveOptions(options)
  if (admin === undefined) {
    share(app, 'admin', undefined)
    return
  }
  const hasApi = admin.keys.length + admin.certificates.length > 0
  const redisUrl = limits === false ? undefined : limits.redisUrl
  const redis = hasApi && redisUrl !== undefined ? await connectRedis(redisUrl, app.log) : undefined
  app.addHook('onClose', async () => { redis?.client.disconnect() })
  const listeners = hasApi && admin.ownListener ? createAdminListeners() : undefined
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
    api: hasApi ? { callers: createAdminCallers(admin), once: createIdempotency(redis === undefined ? createKeptAnswers() : createRedisAnswers(redis)) } : undefined,
    act: createGate(app, admin.page),
    viewed (actor, whom, what = 'people') {
      publishAudit(app, { type: 'admin.viewed', actor: actor.by, ...(typeof whom === 'string' ? { userId: whom } : { reason: `${whom} ${what}` }) }, actor.request)
      requireAudit(app)
    }
  })
}

export default fp(adminPlugin, { name: ADMIN, fastify: '5.x', dependencies: [ACCOUNT_RECOVERY, LIMITS, SESSION_GUARD] })
