import { decoded, namesIn } from '../session/cookie-names.js'
import type { HeaderReader } from './headers.js'

/** Finds a request's access token where supertokens-node and the guards of the service do. */

const ACCESS_TOKEN = 'sAccessToken'
/** Cookie of very old SDKs. A request that carries it is sent to refresh. */
const LEGACY = 'sIdRefreshToken'
const BEARER = 'Bearer '

export interface Found<Token> {
  token: Token
  transferMethod: 'cookie' | 'header'
}

/** A value without quotes and percent-encoding. What Express would read as JSON (`j:"…"`) stays a text, and no token. */
function plain (value: string): string {
  return decoded(value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value)
}

/** A cookie's value (RFC 6265, 5.4): the first of its name. Names are not decoded here, as in other parsers. */
function cookieValue (cookie: string, name: string): string | undefined {
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return plain(pair.slice(equals + 1).trim())
  }
  return undefined
}

/**
 * Whether there are several cookies of this name, plain or percent-encoded: a page on a sibling domain can plant one
 * (cookie tossing), and nothing says which is the service's.
 */
function isRepeated (cookie: string, name: string): boolean {
  const names = namesIn(cookie).map(decoded)
  return names.indexOf(name) !== names.lastIndexOf(name)
}

/**
 * Finds the token; a header goes before a cookie. `none` if there is none, `ambiguous` if the request must be sent to
 * refresh.
 *
 * @param read reads a text that may be a token; undefined if it is none, as if it was not there
 */
export function findToken<Token> (header: HeaderReader, allowed: 'any' | 'cookie' | 'header', read: (text: string) => Token | undefined): Found<Token> | 'none' | 'ambiguous' {
  const authorization = header('authorization')
  const cookie = header('cookie')
  const bearer = authorization?.startsWith(BEARER) === true ? authorization.slice(BEARER.length).trim() : undefined
  const isPlanted = cookie !== undefined && allowed !== 'header' && isRepeated(cookie, ACCESS_TOKEN)
  if (cookie !== undefined && cookieValue(cookie, LEGACY) !== undefined) return 'ambiguous'
  if (isPlanted && bearer === undefined) return 'ambiguous'
  const ofHeader = allowed === 'cookie' || bearer === undefined ? undefined : read(bearer)
  if (ofHeader !== undefined) return { token: ofHeader, transferMethod: 'header' }
  const inCookie = cookie === undefined || allowed === 'header' ? undefined : cookieValue(cookie, ACCESS_TOKEN)
  const ofCookie = inCookie === undefined ? undefined : read(inCookie)
  if (ofCookie === undefined) return 'none'
  return isPlanted ? 'ambiguous' : { token: ofCookie, transferMethod: 'cookie' }
}
