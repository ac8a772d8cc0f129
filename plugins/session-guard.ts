import fp from 'fastify-plugin'
import type { SessionContainerInterface, VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { PermissionClaim, UserRoleClaim } from 'supertokens-node/recipe/userroles'
import { toSeconds } from '../src/options/duration.js'
import { OptionsInvalid } from '../src/errors.js'
import { SECOND_FACTOR, SESSION_GUARD } from './names.js'
import { secondFactorValidator } from '../src/second-factor/claims.js'
import { createGuard, type SessionGuard } from '../src/session/guard.js'
import { decorateSession } from '../src/session/request-session.js'
import { refetchRoles } from '../src/session/role-claims.js'
import { startVerifiedSessions, verifiedSessions, type SessionCache } from '../src/session/verified-sessions.js'
import { keyFailures } from '../src/supertokens/core-outage.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** preHandler that admits only sessions whose second factor has passed. Route options: `config.secondFactor`. */
    require2FA: SessionGuard
    /**
     * preHandler with all options of the SDK's `verifySession`. With global enforcement it requires the second factor
     * too.
     */
    verifySession (options?: VerifySessionOptions): SessionGuard
    /** The guards' cache of verified tokens. There is one per process, like supertokens-node. */
    readonly sessionCache: SessionCache
  }
  interface FastifyRequest {
    /**
     * The verified session. Undefined on routes without a guard, and for anonymous requests where the session is
     * optional. Its payload is frozen.
     */
    session: SessionContainerInterface | undefined
  }
  interface FastifyContextConfig {
    secondFactor?: {
      /** Maximum age of the second factor: seconds, or a text such as `5m`. @default no limit */
      maxAge?: number | string
      /** Roles that the user must have, all of them. @default none */
      roles?: readonly string[]
      /** Permissions that the user's roles must grant, all of them. @default none */
      permissions?: readonly string[]
    }
  }
}

export type SessionGuardOptions = Pick<Fastify2faOptions, 'rolesMaxAge'>

type Rules = NonNullable<FastifyContextConfig['secondFactor']>

const NOT_READY: SessionCache = { hits: 0, misses: 0, size: 0, enabled: false, clear: () => {} }

function includes (held: unknown, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (Array.isArray(held) && wanted.every((one) => held.includes(one)))
}

function checkList (name: string, list: unknown): void {
  if (list === undefined || (Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string'))) return
  throw new OptionsInvalid(`config.secondFactor.${name} must be a list of names`)
}

function maxAgeIn ({ maxAge }: Pick<Rules, 'maxAge'>): number | undefined {
  return maxAge === undefined ? undefined : toSeconds(maxAge)
}

/**
 * The guards of routes. A token that the SDK verified within the last minute passes without a promise or a signature
 * check (`docs/performance.md`). The SDK handles everything else, and every refusal.
 */
async function sessionGuard (app: FastifyInstance, options: SessionGuardOptions): Promise<void> {
  const { rolesMaxAge } = resolveOptions(options)
  const { claim } = app.secondFactor
  decorateSession(app)
  app.decorate('sessionCache', { getter: () => verifiedSessions()?.stats ?? NOT_READY })

  app.recipes.override('session', {
    functions: (original) => startVerifiedSessions({ claim, overrides: app.recipes.overrides, keyFailures }).observe(original)
  })
  app.recipes.override('session', { functions: (original) => ({ ...original, ...refetchRoles(original, rolesMaxAge) }) })
  // Runs after the SDK has started, and with it the cache, in whichever app of this process.
  app.addHook('onReady', async () => {
    const reason = await verifiedSessions()!.start()
    if (reason !== undefined) app.log.warn({ reason }, 'the session cache is off: supertokens-node verifies every guarded request, which is slower')
  })

  app.decorate('verifySession', (options: VerifySessionOptions = {}) => createGuard({
    options: () => options,
    claimsHold: (sessions, verified) => options.overrideGlobalClaimValidators === undefined && sessions.globalClaimsHold(verified),
    antiCsrfCheck: () => options.antiCsrfCheck,
    checkDatabase: () => options.checkDatabase === true
  }))

  // Invalid route options stop the boot. Ignoring them could leave the route open.
  app.addHook('onRoute', ({ config }) => {
    if (config?.secondFactor === undefined) return
    const { maxAge, roles, permissions } = config.secondFactor
    if (maxAge !== undefined) toSeconds(maxAge)
    checkList('roles', roles)
    checkList('permissions', permissions)
  })

  app.decorate('require2FA', createGuard({
    options (request) {
      const { roles, permissions, ...rules } = request.routeOptions.config.secondFactor ?? {}
      const wanted = [
        secondFactorValidator(claim, maxAgeIn(rules)),
        ...(roles === undefined ? [] : [UserRoleClaim.validators.includesAll([...roles], rolesMaxAge)]),
        ...(permissions === undefined ? [] : [PermissionClaim.validators.includesAll([...permissions], rolesMaxAge)])
      ]
      return { overrideGlobalClaimValidators: (validators) => [...validators.filter(({ id }) => id !== claim.key), ...wanted] }
    },
    claimsHold (sessions, verified, request) {
      // Read once: Fastify creates `routeOptions` anew on every access.
      const rules = request.routeOptions.config.secondFactor
      if (rules === undefined) return sessions.secondFactorPassed(verified, undefined)
      const { roles, permissions } = rules
      const holds = (key: string, wanted: readonly string[] | undefined) => includes(sessions.claimValue(verified, key, rolesMaxAge), wanted)
      return sessions.secondFactorPassed(verified, maxAgeIn(rules)) && holds(UserRoleClaim.key, roles) && holds(PermissionClaim.key, permissions)
    }
  }))
}

export default fp(sessionGuard, { name: SESSION_GUARD, fastify: '5.x', dependencies: [SECOND_FACTOR] })
