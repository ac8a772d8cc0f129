import type { FastifyRequest } from 'fastify'
import { readBody, type Body } from '../input/body.js'
import { writeJson } from '../input/json.js'
import { readQuery, type Query } from '../input/query.js'
import { refuse } from '../input/refusals.js'
import { PUBLIC, type App, type Apps, type Tenant } from '../tenants/apps.js'
import { appOf, tenantOf } from '../tenants/lookup.js'
import { targetOf, type Target } from './paths.js'
import { inVersion, versionOf } from './versions.js'

/** What handlers need of a request: Fastify's, or that of a call in process (`direct.ts`). */
export type Asked = Pick<FastifyRequest, 'raw' | 'headers' | 'query' | 'body'> & { server: { apps: Apps } }

/** What they need of a reply. */
export interface Told {
  code (statusCode: number): this
  header (name: string, value: string): this
  send (text: string): this
}

export type Handler = (request: Asked, reply: Told) => Told | Promise<Told>

/**
 * One request, as a handler sees it. Handlers read their input first and ask for the app or tenant afterwards, so that
 * errors come in the real Core's order.
 */
export interface Call {
  body: Body
  query: Query
  /** The recipe id that the client sent in the `rid` header. */
  rid: string | undefined
  /** Whether the client says that this request is more urgent than others (RFC 9218). */
  isUrgent: boolean
  apps: Apps
  target: Target
  /** The app, whichever tenant the path names. */
  app (): App
  /**
   * The app, for routes of the public tenant alone. Of an unknown app below another tenant, the real Core mentions the
   * app or, on some routes, the tenant (`tenantFirst`).
   *
   * @throws a 403 refusal below another tenant
   */
  publicApp (order?: { tenantFirst: true }): App
  tenant (): Tenant
}

function newestOf (apps: Apps, appId: string): string {
  return (apps.get(appId) ?? appOf(apps, PUBLIC)).settings(PUBLIC).newestVersion
}

const DEFAULT_URGENCY = 3

function isUrgent (priority: string | string[] | undefined): boolean {
  const urgency = /(?:^|,)\s*u=([0-7])/.exec(String(priority))?.[1]
  return urgency !== undefined && Number(urgency) < DEFAULT_URGENCY
}

/** Sends plain text, as the real Core sends its errors. */
export function send<Reply extends Told> (reply: Reply, statusCode: number, text: string): Reply {
  return reply.code(statusCode).header('content-type', 'text/html; charset=UTF-8').send(`${text}\n`)
}

/** Makes a route handler out of a function that takes a call and returns the JSON of the reply. */
export function answer (handler: (call: Call) => object | Promise<object>): Handler {
  return async function (request, reply) {
    const { apps } = request.server
    const target = targetOf(request)
    let body: Body | undefined
    const call: Call = {
      get body () { return (body ??= readBody(request.body as string ?? '')) },
      query: readQuery(request.query as Record<string, string | string[]>),
      rid: request.headers.rid as string | undefined,
      isUrgent: isUrgent(request.headers.priority),
      apps,
      target,
      app: () => appOf(apps, target.appId),
      publicApp (order) {
        if (order?.tenantFirst !== true) appOf(apps, target.appId)
        if (target.tenantId !== PUBLIC) throw refuse(403, 'Only public tenantId can call this app specific API')
        return appOf(apps, target.appId)
      },
      tenant: () => tenantOf(appOf(apps, target.appId, target.tenantId), target.tenantId)
    }
    const result = await handler(call)
    return reply.header('content-type', 'application/json; charset=UTF-8').send(`${writeJson(inVersion(result, versionOf(request) ?? newestOf(apps, target.appId)))}\n`)
  }
}
