import type { FastifyRequest } from 'fastify'
import type { Original } from './original.js'
import type { ForwardRules } from './rules.js'

const VISIT = Symbol('fastify-2fa.visit')

interface Visit {
  original: Original
  rules: ForwardRules
}

/** The request of a visitor as it is decided upon: by its own method and address, not by those of the proxy's question. */
export interface VisitRequest extends FastifyRequest {
  [VISIT]: Visit
}

/** Those that are decided upon are guarded, whatever the route is that the proxy asks. */
const GUARDED = { config: {} }

/** Browsers send one of these with every WebSocket's handshake, and proxies drop `Upgrade`. */
const isWebSocket = ({ headers }: FastifyRequest): boolean =>
  headers.upgrade !== undefined || headers['sec-websocket-version'] !== undefined || headers['sec-websocket-key'] !== undefined || headers['sec-fetch-mode'] === 'websocket'

/**
 * The guard checks the origin of WebSockets against the websites (cross-site WebSocket hijacking). A page of the service's
 * own origin may open one, too.
 */
function headersOf (request: FastifyRequest, { origin }: Original): FastifyRequest['headers'] {
  const { headers } = request
  if (!isWebSocket(request)) return headers
  const { upgrade: _upgrade, ...rest } = headers
  return headers.origin === origin ? rest : { ...rest, upgrade: 'websocket' }
}

/**
 * Sees the proxy's question as the visitor's request. The guard and the SDK read method, address and headers of it: a `POST`
 * stays one, so that cookies need their proof against CSRF, although proxies ask by `GET`.
 */
export function visitOf (request: FastifyRequest, original: Original, rules: ForwardRules): VisitRequest {
  return Object.create(request, {
    method: { value: original.method },
    url: { value: original.uri },
    headers: { value: headersOf(request, original) },
    routeOptions: { value: GUARDED },
    [VISIT]: { value: { original, rules } satisfies Visit }
  }) as VisitRequest
}

export const rulesOf = (visit: FastifyRequest): ForwardRules => (visit as VisitRequest)[VISIT].rules

/** Whether a person in a browser waits for a page: only then a redirect leads anywhere. */
export function isNavigation ({ method, headers }: FastifyRequest): boolean {
  if (method !== 'GET') return false
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? headers.accept?.includes('text/html') === true : mode === 'navigate'
}
