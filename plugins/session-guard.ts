import fp from 'fastify-plugin'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { SECOND_FACTOR, SESSION_GUARD } from './names.js'
import type { DemandOptions } from '../src/session/demand-options.js'
import { watchSessions } from '../src/session/ended.js'
import { createGuard, type SessionGuard } from '../src/session/guard.js'
import { throwRefusals } from '../src/session/refusal.js'
import { decorateSession } from '../src/session/request-session.js'
import { refetchRoles } from '../src/session/role-claims.js'
import { joinWatch } from '../src/session/route-watch.js'
import { createSecondFactorRule } from '../src/session/second-factor-rule.js'
import { provideGuard, verifySession } from '../src/session/standalone.js'
import { startVerifiedSessions, verifiedSessions, type SessionCache } from '../src/session/verified-sessions.js'
import { signingKeys } from '../src/supertokens/core-outage.js'
import { shareGetter } from '../src/two-factor.js'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Hook that admits only sessions whose second factor has passed. Route options: `config.secondFactor`.
     *
     * Undefined until the plugin has loaded, and Fastify ignores an undefined hook. The type has `null` as well because
     * TypeScript would still accept undefined as a `preHandler`. Import `require2FA` from the package instead, which
     * always exists.
     */
    require2FA: SessionGuard | null | undefined
    /**
     * Creates a hook with all options of the SDK's `verifySession`. With global enforcement it requires the second factor
     * too. Undefined until the plugin has loaded; import `verifySession` from the package instead.
     */
    verifySession: typeof verifySession | undefined
  }
  interface FastifyRequest {
    /**
     * The verified session, unless `sessionProperty` gives it another name. Undefined on routes without a guard, and for anonymous requests where the session is
     * optional. Its payload is frozen.
     */
    session: SessionContainerInterface | undefined
  }
  interface FastifyContextConfig {
    /** What the route asks for. `false` opens it where a hook of its scope, or `secureByDefault`, would guard it. */
    secondFactor?: false | DemandOptions
  }
}

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** The guards' cache of verified tokens. There is one per process, like supertokens-node. */
    readonly sessionCache: SessionCache
  }
}

export type SessionGuardOptions = Pick<Fastify2faOptions, 'rolesMaxAge' | 'knownBrowsers' | 'secureByDefault' | 'guardRefusals' | 'sessionProperty'>

const NOT_READY: SessionCache = { hits: 0, misses: 0, size: 0, enabled: false, clear: () => {} }

/**
 * The guards of routes. A token that was verified within the last minute passes without a promise or a signature check, a
 * new one with a signature check (`docs/performance.md`). The SDK handles everything else, and every refusal.
 */
async function sessionGuard (app: FastifyInstance, options: SessionGuardOptions): Promise<void> {
  const { rolesMaxAge, knownBrowsers, secureByDefault, guardRefusals, sessionProperty } = resolveOptions(options)
  await joinWatch({ scope: app, secureByDefault })
  const { claim, factors } = app.twoFactor.secondFactor
  decorateSession(app, sessionProperty)
  if (guardRefusals === 'throw') throwRefusals(app)
  shareGetter(app, 'sessionCache', () => verifiedSessions()?.stats ?? NOT_READY)

  app.twoFactor.recipes.override('session', {
    functions: (original) => startVerifiedSessions({ claim, overrides: app.twoFactor.recipes.overrides, keys: signingKeys }).observe(original)
  })
  app.twoFactor.recipes.override('session', { functions: (original) => ({ ...original, ...refetchRoles(original, rolesMaxAge) }) })
  app.twoFactor.recipes.override('session', { functions: (original) => ({ ...original, ...watchSessions(original) }) })
  // Runs after the SDK has started, and with it the cache, in whichever app of this process.
  app.addHook('onReady', async () => {
    const reason = await verifiedSessions()!.start()
    if (reason !== undefined) app.log.warn({ reason }, 'the session cache is off: supertokens-node verifies every guarded request, which is slower')
  })

  app.decorate('verifySession', verifySession)

  app.decorate('require2FA', provideGuard(app, createGuard<DemandOptions | undefined>({
    ...createSecondFactorRule({ claim, factors, rolesMaxAge, knownBrowsers }),
    wanted: (request) => request.routeOptions.config.secondFactor
  })))
}

export default fp(sessionGuard, { name: SESSION_GUARD, fastify: '5.x', dependencies: [SECOND_FACTOR] })
