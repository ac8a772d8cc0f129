import type { IncomingMessage } from 'node:http'
import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import { PUBLIC } from '../tenants/apps.js'
import { RESERVED_IDS } from '../tenants/definitions.js'

/** The app and tenant that a path names: `[/appid-<app>][/<tenant>]<path>`. */
export interface Target { appId: string, tenantId: string }

/** The known paths. */
export type Routes = Map<string, FastifyContextConfig>

const targets = new WeakMap<IncomingMessage, Target>()
const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])
/** No route has this path. */
const NOWHERE = '/not-found'

export function targetOf (request: Pick<FastifyRequest, 'raw'>): Target {
  return targets.get(request.raw) ?? { appId: PUBLIC, tenantId: PUBLIC }
}

/** Rewrites a URL to one of the known routes, and remembers app and tenant for the handler. */
export function createRewriter (routes: Routes): (request: { url?: string | undefined }) => string {
  return function rewrite (request) {
    const url = request.url as string
    // `OPTIONS *`, or a proxy's whole URL.
    if (!url.startsWith('/')) return NOWHERE
    const end = endOfPath(url)
    const query = url.slice(end)
    const normal = normalPath(url.slice(0, end))
    // Fastify refuses it as malformed.
    if (normal === undefined) return '/%'
    const path = normal.toLowerCase().replace(/(.)\/$/, '$1')
    if (routes.has(path)) return path + query

    const { appId, rest } = /^(?:\/appid-(?<appId>[a-z0-9-]*))?(?<rest>.*)$/s.exec(path)?.groups as { appId?: string, rest: string }
    const below = rest === '' ? '/' : rest
    const [, tenantId, route] = /^\/([a-z0-9-]+)(\/.*)?$/s.exec(below) ?? []
    const known = (tenant: string, candidate: string): string => {
      targets.set(request as IncomingMessage, { appId: appId || PUBLIC, tenantId: tenant })
      return candidate + query
    }
    if (routes.has(below)) return known(PUBLIC, below)
    if (tenantId !== undefined && !RESERVED_IDS.includes(tenantId) && routes.has(route ?? '/')) return known(tenantId, route ?? '/')
    // Of an unknown path, only `/appid-<app>/<reserved word>` counts as one of an app.
    return tenantId !== undefined && route === undefined ? known(PUBLIC, NOWHERE) : NOWHERE
  }
}

/**
 * The path as the real Core's web server sees it: without parameters after `;`, percent-decoded, `//` as `/`, dots
 * resolved. Undefined for what that server refuses: broken or hidden separators, and dots that lead outside.
 */
function normalPath (raw: string): string | undefined {
  const decoded = decode(raw.replace(/;[^/]*/g, ''))
  if (decoded === undefined || /[\\\0]/.test(decoded) || /%2f/i.test(raw)) return undefined
  const path = decoded.replace(/\/{2,}/g, '/')
  if (!path.includes('/.')) return path
  const kept: string[] = []
  for (const segment of path.slice(1).split('/')) {
    if (segment === '..' && kept.pop() === undefined) return undefined
    if (segment !== '..' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}

function decode (text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * The settings of a known path that was asked with a method it lacks; undefined for an unknown path. Looking the path
 * up here saves a catch-all route per path and method.
 */
export function otherMethod (routes: Routes, { raw: { url = '' }, method }: FastifyRequest): FastifyContextConfig | undefined {
  return METHODS.has(method) ? routes.get(url.slice(0, endOfPath(url))) : undefined
}

function endOfPath (url: string): number {
  return url.search(/[?#]|$/)
}
