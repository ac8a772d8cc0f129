import type { IncomingHttpHeaders } from 'node:http'

/**
 * Where the SDK would find a request's access token, for the plain cases only. Whatever is unusual is left to the SDK: these functions
 * answer undefined, never a second opinion.
 */

const ACCESS_TOKEN = 'sAccessToken'
/** Sessions of SDKs long gone; a request that carries one is sent to refresh, whatever else it brings. */
const LEGACY = 'sIdRefreshToken'
const BEARER = 'Bearer '

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const SPACE = 0x20

/** Whether an authorization header carries what the SDK takes for a token: then it goes before any cookie. */
export function hasBearer ({ authorization }: IncomingHttpHeaders): boolean {
  return authorization !== undefined && authorization.startsWith(BEARER)
}

/** The token of the authorization header. */
export function bearerToken ({ authorization, cookie }: IncomingHttpHeaders): string | undefined {
  if (cookie?.includes(LEGACY) === true) return undefined
  return authorization!.slice(BEARER.length)
}

/** The anti-CSRF header as the SDK reads it. */
export function antiCsrfHeader (headers: IncomingHttpHeaders): string | undefined {
  const value = headers['anti-csrf']
  return Array.isArray(value) ? value[0] : value
}

/**
 * The token of the cookie, when there is exactly one and nothing near it is ambiguous.
 *
 * The SDK reads names percent-decoded when it looks for duplicates, and not when it looks for values: a cookie planted by a sibling domain as
 * `sAccess%54oken` counts. So do names without a value.
 */
export function cookieToken ({ cookie }: IncomingHttpHeaders): string | undefined {
  if (cookie === undefined) return undefined
  const at = cookie.indexOf(ACCESS_TOKEN)
  if (at === -1) return undefined
  const start = at + ACCESS_TOKEN.length + 1
  if (cookie.charCodeAt(start - 1) !== EQUALS || !beginsCookie(cookie, at)) return undefined
  const semicolon = cookie.indexOf(';', start)
  const end = semicolon === -1 ? cookie.length : semicolon
  if (at > 0 && !harmless(cookie.slice(0, at))) return undefined
  if (end < cookie.length && !harmless(cookie.slice(end + 1))) return undefined
  return cookie.slice(start, end)
}

function beginsCookie (cookie: string, at: number): boolean {
  if (at === 0) return true
  const before = cookie.charCodeAt(at - 1)
  return before === SEMICOLON || (before === SPACE && cookie.charCodeAt(at - 2) === SEMICOLON)
}

/** Whether the cookies beside ours neither repeat it, plainly or percent-encoded, nor are of a legacy session. */
function harmless (cookies: string): boolean {
  if (cookies.includes(ACCESS_TOKEN) || cookies.includes(LEGACY)) return false
  let percent = cookies.indexOf('%')
  while (percent !== -1) {
    const equals = cookies.indexOf('=', cookies.lastIndexOf(';', percent) + 1)
    if (equals === -1 || equals > percent) return false
    const next = cookies.indexOf(';', percent)
    percent = next === -1 ? -1 : cookies.indexOf('%', next)
  }
  return true
}
