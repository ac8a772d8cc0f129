const OPEN = Symbol('fastify-2fa.open')

declare module 'fastify' {
  interface FastifyContextConfig {
    [OPEN]?: true
  }
}

/**
 * `config` of our own routes that must be reachable without a session, such as signing in. No guard that the host puts
 * around the whole app applies to them.
 */
export const OPEN_ROUTE = { secondFactor: false, [OPEN]: true } as const

/** Whether a route with this `config` is one of those. */
export function isOpenConfig (config: { [OPEN]?: true } | undefined): boolean {
  return config?.[OPEN] === true
}

/** Whether a request is for one of those. Reading `routeOptions` is slow, so ask only where a guard would refuse. */
export function isOpenRoute (request: { routeOptions: { config: { [OPEN]?: true } } }): boolean {
  return isOpenConfig(request.routeOptions.config)
}
