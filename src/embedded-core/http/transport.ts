import type { IncomingMessage } from 'node:http'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { PUBLIC, type App, type Apps, type Tenant } from '../tenants/apps.js'
import { sameSecret } from '../storage/digests.js'
import { readBody, readQuery, type Body, type Query } from './input.js'
import { badRequest, isRefusal, refuse, type Refusal } from './refusals.js'
import { isTrouble } from '../storage/disk-trouble.js'
import { checkVersion, inVersion } from './versions.js'

/** What a path says besides its route: `[/appid-<app>][/<tenant>]<path>`. */
interface Target { appId: string, tenantId: string }

/** One request, as a handler sees it. Handlers read their input first and ask for the app or tenant then: errors come in the real Core's order. */
export interface Call {
  body: Body
  query: Query
  rid: string | undefined
  apps: Apps
  target: Target
  /** The app, whichever tenant the path names. */
  app (): App
  /** The app, for what may not be called below a tenant. */
  publicApp (): App
  tenant (): Tenant
}

declare module 'fastify' {
  interface FastifyInstance { apps: Apps }
  interface FastifyContextConfig {
    /** Asks for no API key. */
    keyless?: boolean
    /** Takes versions that are no longer spoken. */
    versionless?: boolean
  }
}

const targets = new WeakMap<IncomingMessage, Target>()
export const targetOf = (request: FastifyRequest): Target => targets.get(request.raw) ?? { appId: PUBLIC, tenantId: PUBLIC }
/** The paths there are. */
export type Routes = Map<string, FastifyContextConfig>
const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])
const NO_TENANTS = new Set(['recipe', 'config', 'users', 'hello'])

const versionOf = ({ headers }: FastifyRequest) => headers['cdi-version'] as string | undefined

/** Turns an address as clients write it into one of the known routes, and remembers app and tenant for the handler. */
export function createRewriter (routes: Routes): (request: { url?: string | undefined }) => string {
  return function rewrite (request) {
    const url = request.url as string
    const end = endOfPath(url)
    const path = url.slice(0, end).toLowerCase().replace(/(.)\/$/, '$1')
    const query = url.slice(end)
    if (routes.has(path)) return path + query

    const { appId, rest } = /^(?:\/appid-(?<appId>[a-z0-9-]*))?(?<rest>.*)$/s.exec(path)?.groups as { appId?: string, rest: string }
    const below = rest === '' ? '/' : rest
    const [, tenantId, route] = /^\/([a-z0-9-]+)(\/.*)?$/.exec(below) ?? []
    const known = (tenant: string, candidate: string): string => {
      targets.set(request as IncomingMessage, { appId: appId || PUBLIC, tenantId: tenant })
      return candidate + query
    }
    if (routes.has(below)) return known(PUBLIC, below)
    if (tenantId !== undefined && !NO_TENANTS.has(tenantId) && routes.has(route ?? '/')) return known(tenantId, route ?? '/')
    return known(PUBLIC, path)
  }
}

function endOfPath (url: string): number {
  return url.search(/[?#]|$/)
}

function unknownTenant ({ appId, tenantId }: Target): Refusal {
  return badRequest('AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and tenantId combination not found: ' +
    `(, ${appId}, ${tenantId})`)
}

function appOf (apps: Apps, target: Target): App {
  const app = apps.get(target.appId)
  if (app === undefined) throw unknownTenant({ appId: target.appId, tenantId: PUBLIC })
  return app
}

export function tenantOf (app: App, tenantId: string): Tenant {
  if (!app.tenants.has(tenantId)) throw unknownTenant({ appId: app.id, tenantId })
  return { id: tenantId, app, db: app.db, now: app.now, settings: app.settings(tenantId) }
}

export function send (reply: FastifyReply, statusCode: number, text: string): FastifyReply {
  return reply.code(statusCode).header('content-type', 'text/html; charset=UTF-8').send(`${text}\n`)
}

/** Makes a route handler of a function from call to answer. */
export function answer (handler: (call: Call) => object | Promise<object>): RouteHandlerMethod {
  return async function (request, reply) {
    const { apps } = request.server
    const target = targetOf(request)
    let body: Body | undefined
    const call: Call = {
      get body () { return (body ??= readBody(request.body as string ?? '')) },
      query: readQuery(request.query as Record<string, string | string[]>),
      rid: request.headers.rid as string | undefined,
      apps,
      target,
      app: () => appOf(apps, target),
      publicApp () {
        if (target.tenantId !== PUBLIC) throw refuse(403, 'Only public tenantId can call this app specific API')
        return appOf(apps, target)
      },
      tenant: () => tenantOf(appOf(apps, target), target.tenantId)
    }
    const result = await handler(call)
    return reply.header('content-type', 'application/json; charset=UTF-8').send(`${JSON.stringify(inVersion(result, versionOf(request)))}\n`)
  }
}

/** Everything between the socket and the handlers, in the real Core's order: key, version, method, body, tenant. */
export function installTransport (fastify: FastifyInstance, apps: Apps, fallbackKeys: string[], routes: Routes): void {
  fastify.decorate('apps', apps)
  // A path that is there, asked by a method that it does not have: rather than by a route for each of those, they are told from the unknown here.
  const otherMethod = ({ raw: { url = '' }, method }: FastifyRequest) => METHODS.has(method) ? routes.get(url.slice(0, endOfPath(url))) : undefined

  // The content type of a body is never looked at, be it one at all or not.
  fastify.addHook('onRequest', async function forgetContentType ({ raw }) { delete raw.headers['content-type'] })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  fastify.addHook('onRequest', async function authorize (request) {
    const config = request.is404 ? otherMethod(request) : request.routeOptions.config
    if (config !== undefined && config.keyless !== true) checkKey(request, apps.get(targetOf(request).appId)?.settings(PUBLIC).apiKeys ?? fallbackKeys)
    checkVersion(versionOf(request), config?.versionless === true)
  })

  fastify.setNotFoundHandler((request, reply) => {
    if (otherMethod(request) !== undefined) return send(reply, 405, 'Method not supported')
    appOf(apps, targetOf(request))
    return send(reply, 404, 'Not found')
  })

  fastify.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (isRefusal(error)) return send(reply, error.statusCode, error.message)
    if (isTrouble(error)) {
      if (error.isNew) request.log.error({ err: error }, 'the embedded Core cannot use its disk')
      return send(reply, error.statusCode as number, error.message)
    }
    // Fastify's own complaints about a request (a body too large, a length that is wrong) keep their status.
    if (error.statusCode !== undefined && error.statusCode < 500) return send(reply, error.statusCode, error.message)
    request.log.error({ err: error }, 'the embedded Core failed')
    return send(reply, 500, 'Internal Error')
  })
}

function checkKey ({ headers }: FastifyRequest, keys: string[]): void {
  if (keys.length === 0) return
  const given = headers['api-key'] ?? headers.authorization?.replace(/^bearer /i, '') ?? ''
  if (!keys.some((key) => sameSecret(key, String(given).trim()))) throw refuse(401, 'Invalid API key')
}
