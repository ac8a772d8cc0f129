import fp from 'fastify-plugin'
import type { SessionContainerInterface, VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { toSeconds } from '../src/duration.js'
import { SECOND_FACTOR, SESSION_GUARD } from '../src/plugin-names.js'
import { secondFactorValidator } from '../src/second-factor/claims.js'
import { createGuard, type SessionGuard } from '../src/session/guard.js'
import { decorateSession } from '../src/session/request-session.js'
import { keysMissing } from '../src/supertokens/core-outage.js'
import { startVerifiedSessions, verifiedSessions, type SessionCache } from '../src/session/verified-sessions.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** preHandler: only a session whose second factor has passed comes through. Route option: `config.secondFactor.maxAge`. */
    require2FA: SessionGuard
    /** preHandler with every option of the SDK's `verifySession`. Under global enforcement it asks for the second factor too. */
    verifySession (options?: VerifySessionOptions): SessionGuard
    /** The tokens that the guards know; one cache per process, as supertokens-node is. */
    readonly sessionCache: SessionCache
  }
  interface FastifyRequest {
    /** The verified session; undefined on routes without a guard, and for anonymous requests where the session is optional. Its payload is frozen. */
    session: SessionContainerInterface | undefined
  }
  interface FastifyContextConfig {
    secondFactor?: {
      /** How long ago the second factor may have passed: seconds, or a text such as `5m`. @default no limit */
      maxAge?: number | string
    }
  }
}

const NOT_READY: SessionCache = { hits: 0, misses: 0, size: 0, enabled: false, clear: () => {} }

function maxAgeOf (request: FastifyRequest): number | undefined {
  const maxAge = request.routeOptions.config.secondFactor?.maxAge
  return maxAge === undefined ? undefined : toSeconds(maxAge)
}

/**
 * The guards of routes. A token that the SDK has verified in the last minute passes without a promise or a signature
 * (`docs/performance.md`); everything else, and every refusal, is the SDK's.
 */
async function sessionGuard (app: FastifyInstance): Promise<void> {
  const { claim } = app.secondFactor
  decorateSession(app)
  app.decorate('sessionCache', { getter: () => verifiedSessions()?.stats ?? NOT_READY })

  app.recipes.override('session', {
    functions: (original) => startVerifiedSessions({ claim, overrides: app.recipes.overrides, keysMissing }).observe(original)
  })
  // Runs after the SDK has started, which made the cache: whichever app of the process that was.
  app.addHook('onReady', async () => {
    const reason = await verifiedSessions()!.start()
    if (reason !== undefined) app.log.warn({ reason }, 'the session cache is off: every guarded request goes through supertokens-node')
  })

  app.decorate('verifySession', (options: VerifySessionOptions = {}) => createGuard({
    options: () => options,
    claimsHold: (sessions, verified) => options.overrideGlobalClaimValidators === undefined && sessions.globalClaimsHold(verified),
    antiCsrfCheck: () => options.antiCsrfCheck,
    checkDatabase: () => options.checkDatabase === true
  }))

  // A wrong duration stops the boot instead of opening the route.
  app.addHook('onRoute', ({ config }) => {
    if (config?.secondFactor?.maxAge !== undefined) toSeconds(config.secondFactor.maxAge)
  })

  app.decorate('require2FA', createGuard({
    options (request) {
      const validator = secondFactorValidator(claim, maxAgeOf(request))
      return { overrideGlobalClaimValidators: (validators) => [...validators.filter(({ id }) => id !== claim.key), validator] }
    },
    claimsHold: (sessions, verified, request) => sessions.secondFactorPassed(verified, maxAgeOf(request))
  }))
}

export default fp(sessionGuard, { name: SESSION_GUARD, fastify: '5.x', dependencies: [SECOND_FACTOR] })
