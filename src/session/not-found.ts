import type { FastifyInstance, preHandlerAsyncHookHandler, RouteOptions } from 'fastify'
import type { SessionGuard } from './guard.js'
import { isGuard } from './standalone.js'

/** Hooks in which a guard runs before `preHandler`. */
const EARLY = ['onRequest', 'preValidation'] as const

/** The guards that a scope has in such hooks. */
const earlyGuards = new WeakMap<object, SessionGuard[]>()

/** Registers a guard that a hook of the scope runs before `preHandler`. */
export function noteEarlyGuard (scope: FastifyInstance, guard: SessionGuard): void {
  earlyGuards.set(scope, [...earlyGuards.get(scope) ?? [], guard])
}

function guardsAround (scope: object | null): SessionGuard[] {
  return scope === null ? [] : [...guardsAround(Object.getPrototypeOf(scope) as object | null), ...earlyGuards.get(scope) ?? []]
}

/**
 * Runs the guards of a 404 handler again. `reply.callNotFound()` takes any request there, also one of a public route,
 * and Fastify then runs `preHandler` hooks only. A request that a guard has admitted passes it at once.
 */
function catchUp (own: readonly SessionGuard[]): preHandlerAsyncHookHandler {
  return async function catchUp (request, reply) {
    for (const guard of [...guardsAround(request.server), ...own]) {
      if (await guard(request, reply) !== undefined) return reply
    }
    return undefined
  }
}

const asList = <Value> (value: Value | Value[] | undefined): Value[] => [value ?? []].flat() as Value[]

/** Whether an app has a 404 handler of its own. Fastify tells only by refusing a second; a call without one sets none. */
export function hasNotFoundHandler (app: FastifyInstance): boolean {
  try {
    Reflect.apply(app.setNotFoundHandler, app, [])
    return false
  } catch {
    return true
  }
}

/**
 * Shows every 404 handler of an app to `check`, with its options as those of a route, which `check` may change. Fastify
 * itself tells no `onRoute` hook about them.
 */
export function watchNotFound (app: FastifyInstance, check: (scope: FastifyInstance, options: RouteOptions, label: string) => void): void {
  const { addHook, setNotFoundHandler } = app as unknown as Record<'addHook' | 'setNotFoundHandler', (...args: unknown[]) => FastifyInstance>

  app.addHook = function (this: FastifyInstance, name: string, hook: unknown) {
    if ((EARLY as readonly string[]).includes(name) && isGuard(hook)) noteEarlyGuard(this, hook as SessionGuard)
    return addHook.call(this, name, hook)
  } as FastifyInstance['addHook']

  app.setNotFoundHandler = function (this: FastifyInstance, ...args: unknown[]) {
    const [given, handler] = typeof args[0] === 'function' ? [{}, args[0]] : args
    // Fastify's own handler gives nothing away.
    if (typeof handler !== 'function') return setNotFoundHandler.apply(this, args)
    const options = { ...given as RouteOptions }
    check(this, options, `404 handler of ${this.prefix === '' ? '/' : this.prefix}`)
    const own = EARLY.flatMap((hook) => asList<unknown>(options[hook])).filter(isGuard) as SessionGuard[]
    return setNotFoundHandler.call(this, { ...options, preHandler: [catchUp(own), ...asList<unknown>(options.preHandler)] }, handler)
  } as FastifyInstance['setNotFoundHandler']
}
