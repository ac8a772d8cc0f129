import type { FastifyInstance, onResponseHookHandler } from 'fastify'
import { operationOf } from '../openapi/described.js'
import { oneOf } from './bounded.js'
import type { ObserveRequest } from './request-histogram.js'

const methodOf = oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Of a request that no route took. Its path is made up by whoever sends it. */
const NO_ROUTE = 'none'

/** Patterns of parameters are for the router, not for people. */
const withoutPatterns = (route: string): string => route.replace(/\(\^.*?\$\)/g, '')

/** Counts requests by the route that took them: its pattern, never the path. For routes that are declared from now on. */
export function countRequests (app: FastifyInstance, ofRoute: (route: string) => ObserveRequest, isAll: boolean): void {
  const hooks = new Map<string, onResponseHookHandler>()

  function hookOf (route: string): onResponseHookHandler {
    const known = hooks.get(route)
    if (known !== undefined) return known
    const observe = ofRoute(route)
    const hook: onResponseHookHandler = (request, reply, done) => {
      observe(methodOf(request.method), reply.statusCode, reply.elapsedTime / 1000)
      done()
    }
    hooks.set(route, hook)
    return hook
  }

  app.addHook('onRoute', (route) => {
    if (!isAll && operationOf(route.config) === undefined) return
    const [own, hook] = [[route.onResponse ?? []].flat(), hookOf(withoutPatterns(route.url))]
    // A route of HEAD is made from that of GET, with its hooks.
    if (!own.includes(hook)) route.onResponse = [...own, hook]
  })
  if (!isAll) return
  const unrouted = hookOf(NO_ROUTE)
  app.addHook('onResponse', function (request, reply, done) {
    if (request.is404) unrouted.call(this, request, reply, done)
    else done()
  })
}
