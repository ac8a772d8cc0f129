import type { RouteOptions } from 'fastify'
import { nearest } from '../config/near.js'
import { OptionsInvalid, RouteUnguarded } from '../errors.js'
import { demandProblems } from './demand-options.js'
import { isOpenConfig } from './open-route.js'
import { isGuard, isRequiringGuard, isSecondFactorGuard, verifySession } from './standalone.js'

/** What is wrong with a route. It stops the boot. */
export interface RouteProblem {
  error: typeof OptionsInvalid | typeof RouteUnguarded
  text: string
}

/** Hooks that run before the handler and in which a guard works. */
const GUARDING = ['onRequest', 'preValidation', 'preHandler']
const BEFORE_HANDLER = [...GUARDING, 'preParsing']

const PUBLIC = 'if the route is meant to be public, leave the hook out or set config: { secondFactor: false }'

const valuesOf = (value: unknown): unknown[] => [value].flat()

/** Names the route in messages. */
export function labelOf ({ method, url }: RouteOptions): string {
  return `${valuesOf(method).join(', ')} ${url}`
}

/** Whether the route has a guard of its own that requires the second factor. */
export function hasSecondFactorGuard (route: RouteOptions): boolean {
  return GUARDING.some((hook) => valuesOf(Reflect.get(route, hook)).some(isSecondFactorGuard))
}

/** Whether the route has a guard of its own that admits nobody without a session. */
export function hasRequiringGuard (route: RouteOptions): boolean {
  return GUARDING.some((hook) => valuesOf(Reflect.get(route, hook)).some(isRequiringGuard))
}

/** Whether a value is a guard, or holds one a level deeper, where Fastify never looks. */
const holdsGuard = (value: unknown): boolean =>
  valuesOf(value).some((one) => isGuard(one) || (typeof one === 'object' && one !== null && Object.values(one).flat().some(isGuard)))

function * hookProblems (route: RouteOptions): Generator<string> {
  const isPublic = route.config?.secondFactor === false
  // Wrappers such as @fastify/swagger-ui pass on every hook, most of them undefined. One guard is enough.
  const isGuarded = hasSecondFactorGuard(route)
  for (const [name, value] of Object.entries(route)) {
    // Fastify ignores a hook that is undefined, such as `app.require2FA` before the plugin has loaded; at a 404 handler
    // also null and false, as of `wanted && require2FA`.
    const meant = BEFORE_HANDLER.find((hook) => hook.toLowerCase() === name.toLowerCase())
    if (!value && meant !== undefined && !isPublic && !isGuarded) {
      yield `${name} is ${String(value)}. Use require2FA or verifySession from "fastify-2fa", which exist before the plugin has loaded; ${PUBLIC}`
    }
    // Fastify ignores unknown names, such as `prehandler`. Later hooks run when the handler has done its work.
    if (!GUARDING.includes(name) && holdsGuard(value)) {
      yield `${name} has a guard, which belongs in onRequest, preValidation or preHandler`
    }
    if (BEFORE_HANDLER.includes(name) && valuesOf(value).includes(verifySession)) {
      yield `${name} is verifySession itself; write verifySession(), with parentheses`
    }
  }
  // An onRoute hook of the host may add the guard to every route; those for signing in stay open.
  if (isPublic && isGuarded && !isOpenConfig(route.config)) {
    yield 'config.secondFactor is false, but the route has a guard that requires the second factor. Remove one of them'
  }
}

/** We attach the guard when a route is declared; another `onRoute` hook can still change its options. */
function * attachProblems (route: RouteOptions): Generator<string> {
  const rules = route.config?.secondFactor
  if (rules === undefined || rules === false || hasSecondFactorGuard(route)) return
  yield 'config.secondFactor was set, or the guard was removed, by an onRoute hook. Let that hook add require2FA as well'
}

/** Names in a route's options or in its `config` that were meant to guard it. */
function * nameProblems (route: RouteOptions): Generator<string> {
  const places = [[route, ''], [route.config ?? {}, 'config.']] as const
  for (const [names, prefix] of places) {
    for (const name of Object.keys(names)) {
      if (prefix + name === 'config.secondFactor') continue
      const meant = nearest(name, ['secondFactor', 'require2FA'])
      if (meant !== undefined) yield `${prefix}${name} is not an option. ${meant === 'secondFactor' ? 'Write config.secondFactor' : 'Write preHandler: require2FA'}`
    }
  }
}

function * optionProblems (config: object): Generator<string> {
  if (!('secondFactor' in config) || config.secondFactor === false) return
  const { secondFactor } = config
  if (typeof secondFactor !== 'object' || secondFactor === null || Array.isArray(secondFactor)) {
    yield `config.secondFactor is ${JSON.stringify(secondFactor)}; it must be an object, such as {} or { maxAge: '5m' }, or false`
    return
  }
  yield * demandProblems(secondFactor, 'config.secondFactor.')
}

/** Everything about a route that would leave it open, or guard it less than was meant. */
export function problemsOf (route: RouteOptions, label: string): RouteProblem[] {
  return [
    ...[...hookProblems(route), ...attachProblems(route)].map((text) => ({ error: RouteUnguarded, text: `${label}: ${text}` })),
    ...[...nameProblems(route), ...optionProblems(route.config ?? {})].map((text) => ({ error: OptionsInvalid, text: `${label}: ${text}` }))
  ]
}

/**
 * A `HEAD` route only repeats what is wrong with its `GET`.
 *
 * @throws all problems in one error, with the code of the first
 */
export function throwProblems (problems: RouteProblem[]): void {
  const [first] = problems
  if (first === undefined) return
  const lines = new Set(problems.map(({ text }) => text))
  const distinct = [...lines].filter((line) => !line.startsWith('HEAD ') || !lines.has(line.replace('HEAD', 'GET')))
  const { error: RouteError } = first
  throw new RouteError(distinct.join('\n'))
}
