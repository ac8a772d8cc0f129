import { parseSetCookie, stringifyCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LOCAL } from '../limits/network.js'
import { textOf } from '../members.js'
import { withRequestId } from '../tracing/request-id.js'
import { inPageCall } from '../tracing/steps.js'
import { antiCsrfTokenIn } from './access-token.js'

/** An answer of the Frontend Driver Interface. */
export interface ApiAnswer {
  statusCode: number
  body: Record<string, unknown>
  /** Seconds, where waiting helps. */
  retryAfter: number | undefined
}

export interface ApiCall {
  method: 'GET' | 'POST' | 'PUT'
  /** Below `apiBasePath`. */
  path: string
  query?: Record<string, string>
  body?: object
}

/** About one connection, about the page's own body, or another session than the browser's cookies. */
const NOT_PASSED_ON = [
  'accept', 'accept-encoding', 'authorization', 'connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'if-modified-since', 'if-none-match', 'keep-alive', 'te',
  'trailer', 'transfer-encoding', 'upgrade'
]

/** The `Cookie` header that a browser would send by now: what the calls of a request have set counts for the next ones. */
const cookies = new WeakMap<FastifyRequest, string>()

const nameOf = (pair: string): string => pair.slice(0, pair.indexOf('=') + 1)

/** The others stay as they were sent: the service itself refuses two of a name. */
function withCookies (header: string, setCookies: readonly string[]): string {
  const set = setCookies.map((one) => parseSetCookie(one))
  const kept = header.split(/; */).filter((pair) => pair !== '' && !set.some(({ name }) => nameOf(pair) === `${name}=`))
  const isAlive = ({ maxAge, expires }: (typeof set)[number]): boolean => maxAge !== undefined ? maxAge > 0 : expires === undefined || expires.getTime() > Date.now()
  return [...kept, ...set.filter(isAlive).map(({ name, value }) => stringifyCookie({ [name]: value }))].join('; ')
}

/**
 * Makes a call of the Frontend Driver Interface as the browser's page would. So the pages can do what any frontend can, and
 * no check, limit or notice has a second version. Cookies that the answer sets go out with the page.
 *
 * @param apiPath received path of the interface
 */
export async function callApi (request: FastifyRequest, reply: FastifyReply, apiPath: string, { method, path, query, body }: ApiCall): Promise<ApiAnswer> {
  // HTTP/2 has names of its own for what is in the request line, and for the host.
  const passedOn = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':') && !NOT_PASSED_ON.includes(name)))
  const { host = textOf(request.headers, ':authority') } = request.headers
  const cookie = cookies.get(request) ?? request.headers.cookie
  const antiCsrf = antiCsrfTokenIn(cookie ?? '')
  const response = await withRequestId(request.id, () => inPageCall(method, path, async () => await request.server.inject({
    method,
    url: apiPath + path,
    ...(query && { query }),
    ...(body && { payload: body }),
    // Limits go by the client's address, which proxies pass on in the headers. A unix socket has none, and none must become
    // 127.0.0.1: where loopback is a trusted proxy, each client could then write an address of its own into a header.
    remoteAddress: request.socket.remoteAddress ?? LOCAL,
    // The form was checked: it came from one of our pages.
    headers: { ...passedOn, ...(host !== undefined && { host }), ...(cookie !== undefined && { cookie }), ...(antiCsrf !== undefined && { 'anti-csrf': antiCsrf }), rid: 'anti-csrf', 'st-auth-mode': 'cookie', accept: 'application/json' }
  })))
  const set = [response.headers['set-cookie'] ?? []].flat()
  if (set.length > 0) {
    cookies.set(request, withCookies(cookie ?? '', set))
    reply.header('set-cookie', set)
  }
  const isJson = response.headers['content-type']?.toString().includes('json') === true
  const waits = Number(response.headers['retry-after'])
  return { statusCode: response.statusCode, body: isJson ? response.json() : {}, retryAfter: waits > 0 ? waits : undefined }
}
