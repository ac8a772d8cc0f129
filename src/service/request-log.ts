import { LogController, type FastifyReply, type FastifyRequest } from 'fastify'
import { pathOf } from '../without-query.js'

/** Orchestrators ask these every few seconds. */
const PROBES = new Set(['GET /health', 'GET /ready'])

interface RequestLogOptions {
  /** Whether lines name the path of what has no route. It may hold what a stranger typed, or a secret in a wrong place. */
  namesUnknownPaths: boolean
  /** Path below which the routes for orchestrators are. */
  routesPath: string
}

/** One line for each request, when it has been answered: method, route, status and time, and nothing that it said. */
export function createRequestLog ({ namesUnknownPaths, routesPath }: RequestLogOptions): LogController {
  const below = routesPath.replace(/\/$/, '').length

  return Object.assign(new LogController(), {
    incomingRequest () {},
    defaultErrorLog (error: Error & { code?: string }, request: FastifyRequest, reply: FastifyReply) {
      if (reply.statusCode >= 500) request.log.error({ err: error }, error.message)
      // The line of the request says that it was refused. Strangers cause as many as they like.
      else request.log.debug({ code: error.code }, error.message)
    },
    requestCompleted (err: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
      const { method, ip, routeOptions: { url: route } } = request
      const isProbe = reply.statusCode === 200 && PROBES.has(`${method} ${route?.slice(below)}`)
      const ms = Math.round(reply.elapsedTime)
      const place = route ?? (namesUnknownPaths ? pathOf(request.url) : '(no route)')
      const line = { request: { method, route, status: reply.statusCode, ms, ip, ...(err && { cutOff: true }) } }
      request.log[isProbe ? 'debug' : 'info'](line, `${method} ${place} ${reply.statusCode} in ${ms} ms${err ? ', cut off by the client' : ''}`)
    }
  })
}
