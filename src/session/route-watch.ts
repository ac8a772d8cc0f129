import { channel } from 'node:diagnostics_channel'
import type { FastifyInstance, onRequestHookHandler, RouteOptions } from 'fastify'
import { GuardNotLoaded, RouteUnguarded } from '../errors.js'
import { errorOf, hasSecondFactorGuard, labelOf, problemsOf, type RouteProblem } from './route-rules.js'
import { require2FA } from './standalone.js'

/** A scope in which the plugin is registered. */
interface Host {
  scope: FastifyInstance
  secureByDefault: boolean
}

/** A route that was declared before the plugin was loaded. */
interface EarlyRoute {
  scope: FastifyInstance
  label: string
  problems: RouteProblem[]
  /** Whether it says itself whether it needs the second factor. */
  decided: boolean
}

interface Watch {
  hosts: Host[]
  early: EarlyRoute[]
}

const WATCH = Symbol('fastify-2fa.watch')

declare module 'fastify' {
  interface FastifyInstance {
    [WATCH]?: Watch
  }
}

/** Routes outside the scope of the plugin, which `secureByDefault` cannot guard. */
function outside (hosts: Host[], { scope, label, decided }: Omit<EarlyRoute, 'problems'>): RouteProblem[] {
  const open = !decided && hosts.some((host) => host.secureByDefault && host.scope !== scope && !Object.prototype.isPrototypeOf.call(host.scope, scope))
  return open ? [{ error: RouteUnguarded, text: `${label}: secureByDefault does not reach it. Register fastify2fa on the root of the app, or set config: { secondFactor: false } if the route is meant to be public` }] : []
}

/** Attaches the guard to a route that only has its options, first in line. */
function attachGuard (route: RouteOptions): void {
  const rules = route.config?.secondFactor
  if (rules === undefined || rules === false || hasSecondFactorGuard(route)) return
  route.preHandler = [require2FA, ...[route.preHandler ?? []].flat()]
}

/**
 * Refuses, if the app turns out to use this library. Its boot fails then, but `inject`, and with it adapters for
 * serverless platforms, serve an app even after that.
 */
const refuseIfHosted: onRequestHookHandler = (request, _reply, done) => {
  done(request.server[WATCH]!.hosts.length === 0 ? undefined : new GuardNotLoaded())
}

/** The `onRoute` hook of every app. Until the plugin is loaded, it notes what is wrong. */
function checkRoute (this: FastifyInstance, route: RouteOptions): void {
  const { hosts, early } = this[WATCH]!
  const problems = problemsOf(route)
  attachGuard(route)
  const seen = { scope: this, label: labelOf(route), decided: route.config?.secondFactor === false || hasSecondFactorGuard(route) }
  if (hosts.length === 0) {
    early.push({ ...seen, problems })
    if (problems.length > 0) route.onRequest = [refuseIfHosted, ...[route.onRequest ?? []].flat()]
    return
  }
  const [first, ...rest] = [...problems, ...outside(hosts, seen)]
  if (first !== undefined) throw errorOf([first, ...rest])
}

function watch (app: FastifyInstance): void {
  app[WATCH] = { hosts: [], early: [] }
  app.addHook('onRoute', checkRoute)
}

function rootOf (scope: FastifyInstance): FastifyInstance {
  const parent = Object.getPrototypeOf(scope) as FastifyInstance
  return 'addHook' in parent ? rootOf(parent) : scope
}

/**
 * Watches an app that was created before this library was imported, from now on. Each scope around this one has its own
 * list of hooks.
 */
function watchFromNowOn (scope: FastifyInstance): void {
  const root = rootOf(scope)
  for (let inner = scope; inner !== root; inner = Object.getPrototypeOf(inner) as FastifyInstance) inner.addHook('onRoute', checkRoute)
  watch(root)
  // Nobody can tell whether a guard of theirs was undefined.
  if (root.printRoutes() !== '(empty tree)') {
    root[WATCH]!.early.push({ scope: root, label: '', decided: true, problems: [{ error: RouteUnguarded, text: 'Routes were declared before fastify-2fa was imported, and cannot be checked. Import it before you call Fastify()' }] })
  }
}

/**
 * Registers a scope in which the plugin is about to load.
 *
 * @throws AUTH_ROUTE_UNGUARDED or AUTH_OPTIONS_INVALID, naming every route declared before that would be open
 */
export async function joinWatch (host: Host): Promise<void> {
  const { scope, secureByDefault } = host
  if (scope[WATCH] === undefined) watchFromNowOn(scope)
  const { hosts, early } = scope[WATCH]!
  if (hosts.some((known) => known.scope === scope)) return
  hosts.push(host)

  // Before the body is read, so that strangers cannot tell routes apart by what is wrong with their body; after all
  // onRequest hooks, where CORS answers preflights. A hook also reaches 404s, websockets and routes declared earlier.
  if (secureByDefault) {
    scope.addHook('preParsing', (request, reply, _payload, done) => require2FA(request, reply, done))
    // Hooks of a plugin that throws in the same breath are dropped.
    await scope.after()
  }

  const [first, ...rest] = early.flatMap((route) => [...route.problems, ...outside([host], route)])
  if (first !== undefined) throw errorOf([first, ...rest])
}

type Subscriber = (message: unknown) => void

const LATEST = Symbol.for('fastify-2fa.watch')
const births: { [LATEST]?: Subscriber } & ReturnType<typeof channel> = channel('fastify.initialization')

/**
 * Fastify announces every app here, before the app can declare a route. Only so can we see the guards that are undefined
 * because the plugin has not loaded yet: afterwards such a route looks like one that is meant to be open.
 */
function onBirth (message: unknown): void {
  watch((message as { fastify: FastifyInstance }).fastify)
}

// Test runners load all modules anew for each file, in the same process. The latest copy watches, and frees the others.
if (births[LATEST] !== undefined) births.unsubscribe(births[LATEST])
births.subscribe(onBirth)
births[LATEST] = onBirth
