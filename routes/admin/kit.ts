import type { FastifyInstance, FastifyRequest, HTTPMethods, RouteOptions } from 'fastify'
import type { Actor } from '../../src/admin-api/gate.js'
import type { AdminCaller } from '../../src/admin-api/callers.js'
import { describedAs } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { asJson } from '../../src/supertokens/adapter.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'
import { bodyOf, queryOf, type Fields } from './input.js'

export const CALLER = Symbol('fastify-2fa.admin-caller')

declare module 'fastify' {
  interface FastifyRequest {
    [CALLER]: AdminCaller | undefined
  }
}

/** Of @fastify/cors: it adds nothing here, and answers no preflight request. */
const NO_CORS = { cors: false }

/** Callers may name an address or a number where an id belongs, so the log has the route alone. The audit has the ids. */
const WITHOUT_ADDRESS = { req: (request: FastifyRequest) => ({ ...WITHOUT_QUERY.req(request), url: request.routeOptions.url ?? '' }) }

/** What every route of the API has: a key instead of a session, no CORS, and nothing of its address in a log. */
export const routeOf = (described: ReturnType<typeof describedAs>): Pick<RouteOptions, 'config' | 'exposeHeadRoute' | 'logSerializers'> => ({
  config: { ...OPEN_ROUTE, ...described, ...NO_CORS },
  exposeHeadRoute: false,
  logSerializers: WITHOUT_ADDRESS
})

const callerOf = (request: FastifyRequest): AdminCaller => request[CALLER]!

function actorOf (request: FastifyRequest, onBehalfOf?: string): Actor {
  const { name, role } = callerOf(request)
  return { by: `key:${name}${onBehalfOf === undefined ? '' : ` for ${onBehalfOf}`}`, role, request }
}

interface Read {
  path: string
  query?: Fields
  answer (call: { request: FastifyRequest, actor: Actor, query: Readonly<Record<string, string | undefined>> }): Promise<object>
}

interface Change {
  method?: HTTPMethods
  path: string
  /** Beside `reason` and `onBehalfOf`. */
  body?: Fields
  /** Whether the answer of the first request is kept for others with its `Idempotency-Key`. @default true */
  isKept?: boolean
  answer (call: { request: FastifyRequest, actor: Actor, body: Readonly<Record<string, unknown>>, because: { by: string, reason: string } }): Promise<object>
}

/** Declares routes below the path of the API. */
export function createKit (app: FastifyInstance, base: string) {
  const { once } = app.twoFactor.admin!.api!

  return {
    read ({ path, query = {}, answer }: Read): void {
      app.route({
        method: 'GET',
        url: base + path,
        ...routeOf(describedAs(`GET /admin/v1${path}`)),
        handler: async (request, reply) => await asJson(reply).send(await answer({ request, actor: actorOf(request), query: queryOf(request.query, query) }))
      })
    },

    change ({ method = 'POST', path, body: fields = {}, isKept = true, answer }: Change): void {
      app.route({
        method,
        url: base + path,
        ...routeOf(describedAs(`${String(method)} /admin/v1${path}`)),
        async handler (request, reply) {
          queryOf(request.query, {})
          const { reason, onBehalfOf, ...body } = bodyOf(request.body, fields)
          const actor = actorOf(request, onBehalfOf as string | undefined)
          const run = (): Promise<object> => answer({ request, actor, body, because: { by: actor.by, reason: reason as string } })
          if (!isKept) return await asJson(reply).send(await run())
          // By name, whichever of its keys was sent: a key that was replaced has still made the change. With another role, it is another caller.
          const { name, role } = callerOf(request)
          const { answer: sent, isReplayed } = await once({ caller: `${name} ${role}`, key: request.headers['idempotency-key'], method: request.method, url: request.url, body: request.body }, run)
          if (isReplayed) reply.header('idempotency-replayed', 'true')
          return await asJson(reply).send(sent)
        }
      })
    }
  }
}

export type AdminKit = ReturnType<typeof createKit>
