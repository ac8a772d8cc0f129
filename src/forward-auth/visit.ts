import type { FastifyRequest } from 'fastify'
import type { Original } from './original.js'
import type { ForwardRules } from './rules.js'

/** Those that are decided upon are guarded, whatever the route is that the proxy asks. */
const GUARDED = { config: {} }

type Seen = 'method' | 'url' | 'originalUrl' | 'headers' | 'raw' | 'server' | 'id' | 'ip' | 'log' | 'socket' | 'query' | 'body'

/**
 * Sees the proxy's question as the visitor's request. The guard and the SDK read method, address and headers of it: a `POST`
 * stays one, so that cookies need their proof against CSRF, although proxies ask by `GET`. There is no body: that is for the
 * service behind.
 *
 * It is a class of its own: an object that has the question as its prototype makes V8 treat each question as a shape of its
 * own, and cost as much as all the rest of the decision.
 */
class VisitRequest implements Pick<FastifyRequest, Seen> {
  readonly method: string
  readonly url: string
  readonly headers: FastifyRequest['headers']
  readonly routeOptions = GUARDED

  constructor (private readonly question: FastifyRequest, original: Original, readonly rules: ForwardRules) {
    this.method = original.method
    this.url = original.uri
    this.headers = headersOf(question, original)
  }

  get originalUrl () { return this.url }
  get raw () { return this.question.raw }
  get server () { return this.question.server }
  get id () { return this.question.id }
  get ip () { return this.question.ip }
  get log () { return this.question.log }
  get socket () { return this.question.socket }
  get query () { return {} }
  get body () { return undefined }
}

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

/** The visitor's request, as far as guards and the SDK look at one. */
export const visitOf = (question: FastifyRequest, original: Original, rules: ForwardRules): FastifyRequest =>
  new VisitRequest(question, original, rules) as unknown as FastifyRequest

export const rulesOf = (visit: FastifyRequest): ForwardRules => (visit as unknown as VisitRequest).rules

/** Whether a person in a browser waits for a page: only then a redirect leads anywhere. */
export function isNavigation ({ method, headers }: FastifyRequest): boolean {
  if (method !== 'GET') return false
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? headers.accept?.includes('text/html') === true : mode === 'navigate'
}
