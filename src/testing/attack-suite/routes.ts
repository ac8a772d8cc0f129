import type { FastifyInstance, RouteOptions } from 'fastify'
import { toSeconds } from '../../options/duration.js'
import { OPEN_ROUTE } from '../../session/open-route.js'
import { declaredRoutes, type DeclaredRoute } from '../../session/route-watch.js'
import { hasRequiringGuard } from '../../session/route-rules.js'
import type { SignedInUser } from '../sign-in.js'
import type { Access, RouteExpectation, Sample } from './types.js'

/** A route of the host, and what it is expected to ask for. */
export interface Target {
  /** Such as `POST /payout`. */
  name: string
  method: string
  /** As it is declared, with the prefix of its scope. */
  path: string
  scope: FastifyInstance
  access: Access
  /** Seconds. */
  maxAge: number | undefined
  roles: readonly string[]
  permissions: readonly string[]
  /** Ids of the factors that count. */
  factors: readonly string[] | undefined
  isWebSocket: boolean
  skip: string | undefined
  sample (user: SignedInUser): Promise<Sample>
}

const WITH_BODY = ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']

/** What a route itself says of who may come in. What says nothing is taken for guarded, so that a forgotten guard is found. */
function declaredAccess (route: RouteOptions): Access {
  if (route.config?.secondFactor !== false) return 'second-factor'
  return hasRequiringGuard(route) ? 'first-factor' : 'public'
}

/** Where CORS answers preflights. */
const isPreflight = (method: string, path: string): boolean => method === 'OPTIONS' && path.endsWith('*')

function targetOf ({ scope, route }: DeclaredRoute, method: string, expected: RouteExpectation): Target {
  const declared = route.config?.secondFactor === false ? undefined : route.config?.secondFactor
  const { sample = {}, maxAge = declared?.maxAge } = expected
  const { websocket, wsHandler } = route as RouteOptions & { websocket?: boolean, wsHandler?: unknown }
  return {
    name: `${method} ${route.url}`,
    method,
    path: route.url,
    scope,
    access: expected.access ?? (isPreflight(method, route.url) ? 'public' : declaredAccess(route)),
    maxAge: maxAge === undefined ? undefined : toSeconds(maxAge),
    roles: expected.roles ?? declared?.roles ?? [],
    permissions: expected.permissions ?? declared?.permissions ?? [],
    factors: declared?.factors,
    isWebSocket: method === 'GET' && (websocket === true || wsHandler !== undefined),
    skip: expected.skip,
    async sample (user) {
      const given = typeof sample === 'function' ? await sample(user) : sample
      return WITH_BODY.includes(method) ? { payload: {}, ...given } : given
    }
  }
}

/** How routes of this library are marked. Read here and not asked for, so that a mistake there hides no route from the suite. */
const MARKS = Object.getOwnPropertySymbols(OPEN_ROUTE)

const isOurs = ({ config = {} }: RouteOptions): boolean => MARKS.some((mark) => Reflect.get(config, mark) === true)

/** Every route of the host's own, in all scopes of the app. Those of this library are attacked as what they are. */
export function routesOf (app: FastifyInstance): Array<{ name: string, declared: DeclaredRoute, method: string }> {
  const all = declaredRoutes(app).filter(({ route }) => route.method !== undefined && !isOurs(route))
    .flatMap((declared) => [declared.route.method].flat().map((method) => ({ name: `${method} ${declared.route.url}`, declared, method })))
  const names = new Set(all.map(({ name }) => name))
  // Fastify adds a HEAD route to each GET: another method of the same one.
  return all.filter(({ method, declared: { route: { url } } }) => method !== 'HEAD' || !names.has(`GET ${url}`))
}

export function targetsOf (app: FastifyInstance, expectations: Record<string, RouteExpectation>): Target[] {
  return routesOf(app).map(({ name, declared, method }) => targetOf(declared, method, expectations[name] ?? {}))
}

/** `:name`, perhaps with a pattern and optional; a wildcard; `::` stands for a colon. */
const PARAMETER = /::|:(\w+)(?:\((?:[^()]|\([^()]*\))*\))?\??|\*/g

/** The URL of a request to a route. */
export function urlOf ({ path }: Pick<Target, 'path'>, { params = {}, query = {} }: Sample): string {
  const filled = path.replaceAll(PARAMETER, (match: string, name: string | undefined) => {
    if (match === '::') return ':'
    return name === undefined ? params['*'] ?? '1' : encodeURIComponent(params[name] ?? '1')
  })
  const search = new URLSearchParams(query).toString()
  return search === '' ? filled : `${filled}?${search}`
}
