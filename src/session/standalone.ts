import type { VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import { GuardMisused, GuardNotLoaded } from '../errors.js'
import { createGuard, refuse, type GuardFunction, type RequiringGuard, type SessionGuard } from './guard.js'
import './guarded-route.js'

/** Where the plugin keeps its `require2FA`, for scopes in which it is registered. */
const LOADED = Symbol('fastify-2fa.guard')

declare module 'fastify' {
  interface FastifyInstance {
    [LOADED]?: GuardFunction
  }
}

const guards = new WeakSet<object>()
const secondFactorGuards = new WeakSet<object>()
const optionalGuards = new WeakSet<object>()

/** Whether a value is one of our guards. */
export const isGuard = (value: unknown): boolean => typeof value === 'function' && guards.has(value)

/** Whether a value is a guard that requires the second factor. */
export const isSecondFactorGuard = (value: unknown): boolean => typeof value === 'function' && secondFactorGuards.has(value)

/** Whether a value is a guard that admits nobody without a session. */
export const isRequiringGuard = (value: unknown): boolean => isGuard(value) && !optionalGuards.has(value as object)

function asGuard (guard: GuardFunction): SessionGuard {
  guards.add(guard)
  return guard as SessionGuard
}

/** Registers the guard of a plugin that has loaded. {@link require2FA} calls it for the routes of this scope. */
export function provideGuard (app: { decorate (name: symbol, guard: GuardFunction): unknown }, guard: GuardFunction): SessionGuard {
  app.decorate(LOADED, guard)
  secondFactorGuards.add(guard)
  return asGuard(guard)
}

/**
 * Hook that admits only sessions whose second factor has passed. Route options: `config.secondFactor`.
 *
 * It looks for the plugin when a request arrives, so routes can use it before the plugin has loaded. Where the plugin
 * is not registered, it refuses every request with AUTH_GUARD_NOT_LOADED.
 */
export const require2FA = asGuard((request, reply, done, misplaced) => {
  const guard = request.server[LOADED]
  return guard === undefined ? refuse(new GuardNotLoaded(), misplaced ?? done) : guard(request, reply, done, misplaced)
}) as RequiringGuard
secondFactorGuards.add(require2FA)

/**
 * Creates a hook with all options of the SDK's `verifySession`. With global enforcement it requires the second factor
 * too. Like {@link require2FA}, routes can use it before the plugin has loaded.
 *
 * @throws AUTH_GUARD_MISUSED if it is itself used as a hook, which would never continue
 */
export function verifySession (options?: VerifySessionOptions & { sessionRequired?: true }): RequiringGuard
export function verifySession (options?: VerifySessionOptions): SessionGuard
export function verifySession (options: VerifySessionOptions = {}, ...asHook: unknown[]): SessionGuard {
  if (asHook.length > 0) throw new GuardMisused('write verifySession(), with parentheses')
  const guard = createGuard({
    wanted: () => undefined,
    options: () => options,
    claimsHold: (sessions, verified) => options.overrideGlobalClaimValidators === undefined && sessions.globalClaimsHold(verified),
    antiCsrfCheck: () => options.antiCsrfCheck,
    checkDatabase: () => options.checkDatabase === true,
    sessionOptional: () => options.sessionRequired === false
  })
  const hook = asGuard((request, reply, done, misplaced) => {
    return request.server[LOADED] === undefined ? refuse(new GuardNotLoaded(), misplaced ?? done) : guard(request, reply, done, misplaced)
  })
  if (options.sessionRequired === false) optionalGuards.add(hook)
  return hook
}
