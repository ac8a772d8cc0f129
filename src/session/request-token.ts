import type { IncomingHttpHeaders } from 'node:http'

/**
 * Finds a request's access token where the SDK would, for plain cases only. For anything unusual these functions return
 * undefined and leave the decision to the SDK.
 */

const ACCESS_TOKEN = 'sAccessToken'
/** Cookie of very old SDKs. The SDK sends any request that carries it to refresh. */
const LEGACY = 'sIdRefreshToken'
const BEARER = 'Bearer '

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const SPACE = 0x20
const LOWER_A = 0x61

/** Whether the authorization header carries a bearer token. If so, the SDK prefers it to any cookie. */
export function hasBearer ({ authorization }: IncomingHttpHeaders): boolean {
  return authorization !== undefined && authorization.startsWith(BEARER)
}

/** The token in the authorization header. */
export function bearerToken ({ authorization, cookie }: IncomingHttpHeaders): string | undefined {
  if (cookie?.includes(LEGACY) === true) return undefined
  return authorization!.slice(BEARER.length)
}

/** Whether the SDK finds no token in these headers, nor anything for which it refuses them otherwise. */
export function hasNoToken (headers: IncomingHttpHeaders): boolean {
  if (hasBearer(headers) || (headers.cookie !== undefined && !harmless(headers.cookie))) return false
  // Node writes names in lower case. The SDK also finds what a hook of the host has added in another spelling.
  for (const name in headers) if (name.charCodeAt(0) < LOWER_A) return false
  return true
}

/** The anti-CSRF header as the SDK reads it. */
export function antiCsrfHeader (headers: IncomingHttpHeaders): string | undefined {
  const value = headers['anti-csrf']
  return Array.isArray(value) ? value[0] : value
}

/**
 * The token in the cookie, if there is exactly one and no other cookie makes it ambiguous.
 *
 * The SDK percent-decodes names when it looks for duplicates, but not when it looks for values. So a cookie that a
 * sibling domain plants as `sAccess%54oken` counts as a duplicate. So do names without a value.
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

/** Whether the other cookies neither repeat ours, plain or percent-encoded, nor belong to a legacy session. */
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
