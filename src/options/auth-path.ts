import { OptionsInvalid } from '../errors.js'

/** Path of the Frontend Driver Interface. Behind a proxy that changes paths it has two. */
export interface AuthPath {
  /** As requests reach this app. */
  readonly received: string
  /** As clients write it. Cookies, tokens and the SDK go by this one. */
  readonly public: string
  /** The path of a request as clients write it. */
  publicPathOf (received: string): string
}

/** The paths in `appInfo`, without a slash at the end. */
interface Paths {
  apiBasePath: string
  apiGatewayPath: string
  apiInternalPath: string
}

/** A fixed path: plain segments, so that no router reads a parameter into it and no browser rewrites it. */
export function isPlainPath (value: unknown): value is string {
  return typeof value === 'string' && /^\/(?:[\w-][\w.-]*(?:\/[\w-][\w.-]*)*\/?)?$/.test(value)
}

/** One path below the other, without a slash at the end. The root is an empty text. */
export function joinPaths (...paths: (string | undefined)[]): string {
  return paths.flatMap((path = '') => path.split('/')).filter((segment) => segment !== '').map((segment) => `/${segment}`).join('')
}

export function isBelow (path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`)
}

/**
 * Finds the path for a scope of the app.
 *
 * @param prefixes that Fastify puts in front of every route of the scope
 * @throws AUTH_OPTIONS_INVALID if no endpoint would be found there
 */
export function authPathOf (prefixes: string[], { apiBasePath, apiGatewayPath, apiInternalPath }: Paths): AuthPath {
  const odd = prefixes.find((prefix) => !isPlainPath(prefix.replace(/^\/?/, '/')))
  if (odd !== undefined) throw new OptionsInvalid(`the prefix ${odd} must be a plain path such as /api, because session cookies need one`)
  const scope = joinPaths(...prefixes)
  if (scope !== '' && isBelow(apiBasePath, scope)) {
    throw new OptionsInvalid(`appInfo.apiBasePath is ${apiBasePath}, and Fastify puts the prefix ${scope} in front of it. Set apiBasePath to ${apiBasePath.slice(scope.length) || '/'}`)
  }
  const received = joinPaths(scope, apiBasePath)
  if (!isBelow(received, apiInternalPath)) {
    throw new OptionsInvalid(`appInfo.apiInternalPath is ${apiInternalPath}, but ${received}, the path of the endpoints, does not begin with it`)
  }
  const publicPathOf = (path: string) => apiGatewayPath + (isBelow(path, apiInternalPath) ? path.slice(apiInternalPath.length) : path)
  return { received, public: publicPathOf(received), publicPathOf }
}

/** The path of the endpoints for routes of a scope, whose prefix Fastify puts in front of it. */
export function authPathIn ({ prefix, twoFactor: { authPath } }: { prefix: string, twoFactor: { authPath: AuthPath } }): string {
  return authPath.received.slice(joinPaths(prefix).length)
}
