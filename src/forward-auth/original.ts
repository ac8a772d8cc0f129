import type { IncomingHttpHeaders } from 'node:http'

/** The request that the proxy asks about. */
export interface Original {
  method: string
  /** Scheme, host and port. */
  origin: string
  host: string
  /** Path and query, as the visitor wrote them. */
  uri: string
}

const METHOD = /^[A-Z][A-Z-]{0,31}$/
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
/** Longer ones are refused by servers anyway. */
const LONGEST_URI = 16_384

/**
 * A header with one value. Node joins those that come twice with a comma and a space, and none of the values here has a
 * space, so one that a visitor has added to the proxy's own is refused.
 */
export function single (headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' && !/[^\x21-\x7e]/.test(value) ? value : undefined
}

/** A WebSocket's scheme is that of its handshake. */
const SCHEMES: Record<string, string> = { http: 'http', https: 'https', ws: 'http', wss: 'https' }

function originalOf (method: string | undefined, scheme: string | undefined, host: string | undefined, uri: string | undefined): Original | undefined {
  const proto = scheme === undefined ? undefined : SCHEMES[scheme]
  if (method === undefined || proto === undefined || host === undefined || uri === undefined) return undefined
  if (!METHOD.test(method) || !HOST.test(host) || !uri.startsWith('/') || uri.length > LONGEST_URI) return undefined
  const name = host.toLowerCase()
  return { method, origin: `${proto}://${name}`, host: name, uri }
}

const ADDRESS = /^([a-z]+):\/\/([^/?#]+)(\/.*)$/

/** nginx and ingress-nginx: `X-Original-Method`, and the whole address in `X-Original-URL`. */
export function fromNginx (headers: IncomingHttpHeaders): Original | undefined {
  const [, scheme, host, uri] = ADDRESS.exec(single(headers, 'x-original-url') ?? '') ?? []
  return originalOf(single(headers, 'x-original-method'), scheme, host, uri)
}

/** Traefik's ForwardAuth and Caddy's forward_auth: the address in parts. */
export function fromForwarded (headers: IncomingHttpHeaders): Original | undefined {
  return originalOf(single(headers, 'x-forwarded-method'), single(headers, 'x-forwarded-proto'), single(headers, 'x-forwarded-host'), single(headers, 'x-forwarded-uri'))
}

/**
 * Envoy's ext_authz over HTTP: the request itself, without its body.
 *
 * @param uri what Envoy has put behind its `path_prefix`
 */
export function fromEnvoy (method: string, headers: IncomingHttpHeaders, uri: string): Original | undefined {
  return originalOf(method, single(headers, 'x-forwarded-proto'), single(headers, 'host'), uri)
}
