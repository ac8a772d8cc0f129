import type { FastifyInstance, onRequestHookHandler, RouteOptions } from 'fastify'
import { GuardNotLoaded, OptionsInvalid, RouteUnguarded } from '../errors.js'
import { onEveryApp } from './app-births.js'
import { closeOnFailedBoot } from './failed-boot.js'
import { answerLateRefusals } from './late-refusals.js'
import { hasNotFoundHandler, noteEarlyGuard, watchNotFound } from './not-found.js'
import { hasSecondFactorGuard, labelOf, problemsOf, throwProblems, type RouteProblem } from './route-rules.js'
import { require2FA } from './standalone.js'
import type { TwoFactor } from '../two-factor.js'

/** A scope in which the plugin is registered. */
interface Host {
  scope: FastifyInstance
  secureByDefault: boolean
}

interface SeenRoute {
  scope: FastifyInstance
  /** Its options, which other `onRoute` hooks may still change. */
  route: RouteOptions
  label: string
  /** What was wrong when it was declared. */
  problems: RouteProblem[]
}

/** A route of an app, or a 404 handler, which has no method and the prefix of its scope for an address. */
export interface DeclaredRoute {
  scope: FastifyInstance
  /** Its options, as they were when the app was ready. */
  route: RouteOptions
  label: string
}

interface Watch {
  hosts: Host[]
  /** All routes until the app is ready. */
  routes: SeenRoute[]
  /** All routes once the app is ready. */
  declared: DeclaredRoute[]
  /** Whether there are routes that were declared before we could watch. */
  unseen: boolean
  /** Begins to close the app, whose boot has failed. */
  close (): void
}

const WATCH = Symbol('fastify-2fa.watch')

declare module 'fastify' {
  interface FastifyInstance {
    [WATCH]?: Watch
  }
}

const UNSEEN = 'Routes were declared before fastify-2fa was imported, and cannot be checked. Import it before you call Fastify()'
const UNREACHED = 'secureByDefault does not reach it. Register fastify2fa on the root of the app, or set config: { secondFactor: false } if the route is meant to be public'

function isWithin (host: FastifyInstance, scope: FastifyInstance): boolean {
  return host === scope || Object.prototype.isPrototypeOf.call(host, scope)
}

/** Names of factors that the app does not have: nobody could ever open the route. */
function factorProblems (hosts: readonly Host[], { config }: RouteOptions, label: string): RouteProblem[] {
  const names: unknown = config?.secondFactor === false ? undefined : config?.secondFactor?.factors
  // Undefined until the plugin has loaded. Routes are checked once more then.
  const known = hosts.flatMap(({ scope }) => (scope.twoFactor as Partial<TwoFactor> | undefined)?.secondFactor?.factors.map(({ id }) => id) ?? [])
  if (!Array.isArray(names) || known.length === 0) return []
  return names.filter((name) => !known.includes(name as string))
    .map((name) => ({ error: OptionsInvalid, text: `${label}: config.secondFactor.factors: there is no factor "${String(name)}" in secondFactors, only ${known.join(', ')}` }))
}

/** Everything that is wrong with a route, including that `secureByDefault` of another scope cannot guard it. */
function problemsIn ({ hosts }: Watch, { scope, route, label }: SeenRoute): RouteProblem[] {
  const decided = route.config?.secondFactor === false || hasSecondFactorGuard(route)
  const unreached = !decided && hosts.some((host) => host.secureByDefault && !isWithin(host.scope, scope))
  return [...problemsOf(route, label), ...factorProblems(hosts, route, label), ...(unreached ? [{ error: RouteUnguarded, text: `${label}: ${UNREACHED}` }] : [])]
}

/** @throws AUTH_ROUTE_UNGUARDED or AUTH_OPTIONS_INVALID, naming every route that would be open */
function checkAll (watch: Watch): void {
  const unseen = watch.unseen ? [{ error: RouteUnguarded, text: UNSEEN }] : []
  throwProblems([...unseen, ...watch.routes.flatMap((seen) => [...seen.problems, ...problemsIn(watch, seen)])])
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

/** @param first the first hook that runs in any case */
function check (scope: FastifyInstance, route: RouteOptions, label: string, first: 'onRequest' | 'preHandler'): void {
  const watch = scope[WATCH]!
  const seen: SeenRoute = { scope, route, label, problems: [] }
  watch.routes.push(seen)
  attachGuard(route)
  answerLateRefusals(route, () => watch.hosts.length > 0)
  seen.problems = problemsIn(watch, seen)
  if (watch.hosts.length > 0) throwProblems(seen.problems)
  else if (seen.problems.length > 0) route[first] = [refuseIfHosted, ...[route[first] ?? []].flat()]
}

/** The `onRoute` hook of every app. */
function checkRoute (this: FastifyInstance, route: RouteOptions): void {
  check(this, route, labelOf(route), 'onRequest')
}

function watch (app: FastifyInstance, unseen = false): void {
  app[WATCH] = { hosts: [], routes: [], declared: [], unseen, close: closeOnFailedBoot(app) }
  app.addHook('onRoute', checkRoute)
  watchNotFound(app, (scope, options, label) => { check(scope, options, label, 'preHandler') })
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
  watch(root, root.printRoutes() !== '(empty tree)' || hasNotFoundHandler(root))
}

/**
 * Refuses every request to an app whose boot is about to fail. If it was created before this library was imported, its
 * boot is under way, and nobody sees it fail to close the app.
 */
async function refuseAll (scope: FastifyInstance): Promise<void> {
  rootOf(scope).addHook('onRequest', (_request, _reply, done) => { done(new GuardNotLoaded()) })
  await scope.after()
}

/**
 * Registers a scope in which the plugin is about to load.
 *
 * @throws AUTH_ROUTE_UNGUARDED or AUTH_OPTIONS_INVALID, naming every route declared before that would be open
 */
export async function joinWatch (host: Host): Promise<void> {
  const { scope, secureByDefault } = host
  if (scope[WATCH] === undefined) watchFromNowOn(scope)
  const watch = scope[WATCH]!
  if (watch.hosts.some((known) => known.scope === scope)) return
  watch.hosts.push(host)

  // Before the body is read, so that strangers cannot tell routes apart by what is wrong with their body; after all
  // onRequest hooks, where CORS answers preflights. A hook also reaches 404s, websockets and routes declared earlier.
  if (secureByDefault) {
    scope.addHook('preParsing', (request, reply, _payload, done) => require2FA(request, reply, done))
    noteEarlyGuard(scope, require2FA)
    // Hooks of a plugin that throws in the same breath are dropped.
    await scope.after()
  }

  try {
    checkAll(watch)
  } catch (err) {
    await refuseAll(scope)
    throw err
  }
  // Once more when all is loaded: another `onRoute` hook may have changed a route after us.
  scope.addHook('onReady', async () => {
    try {
      checkAll(watch)
    } catch (err) {
      // Nobody else does in an app that was created before the import.
      watch.close()
      throw err
    }
    watch.declared.push(...watch.routes.map(({ scope, route, label }) => ({ scope, route, label })))
    watch.routes = []
  })
}

/** Every route of the app that this scope belongs to, in all its scopes. Known once the app is ready. */
export const declaredRoutes = (scope: FastifyInstance): readonly DeclaredRoute[] => scope[WATCH]?.declared ?? []

onEveryApp((app) => { watch(app) })
