import type { FastifyReply, FastifyRequest } from 'fastify'
import { oneOf } from './bounded.js'
import type { Instruments } from './instruments.js'

const methodOf = oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Of a request that no route took. Its path is made up by whoever sends it. */
const NO_ROUTE = 'none'

/** Patterns of parameters are for the router, not for people. */
const withoutPatterns = (route: string): string => route.replace(/\(\^.*?\$\)/g, '')

/** Counts requests by the route that took them: its pattern, never the path. */
export function createRequests ({ observe }: Instruments) {
  const names = new Map<string, string>()

  function nameOf (route: string): string {
    const name = names.get(route) ?? withoutPatterns(route)
    names.set(route, name)
    return name
  }

  return function responded (request: FastifyRequest, reply: FastifyReply): void {
    const { is404, routeOptions: { url } } = request
    const route = is404 || url === undefined ? NO_ROUTE : nameOf(url)
    observe('http_request_duration_seconds', { method: methodOf(request.method), route, status: `${Math.floor(reply.statusCode / 100)}xx` }, reply.elapsedTime / 1000)
  }
}
