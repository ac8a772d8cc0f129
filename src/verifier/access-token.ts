import { base64url } from 'jose'

/** SuperTokens' access tokens, as far as their text says. Nothing here is verified. */

/** Proxies and Node take no longer headers, unless they are told to. Before a signature is checked, all is a stranger's. */
const LONGEST = 16_384

/** What every access token since version 3 says of its session. */
export interface AccessTokenPayload extends Record<string, unknown> {
  sub: string
  exp: number
  iat: number
  sessionHandle: string
  refreshTokenHash1: string
}

export interface AccessToken {
  token: string
  version: number
  kid: string
  payload: AccessTokenPayload
}

/** No key has this id: such a token is one, and is refused. */
const NO_KEY = ''

/** A byte order mark stays, so that no JSON is read that supertokens-node would not read. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function parse (encoded: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(base64url.decode(encoded)))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

function hasStructure (payload: Record<string, unknown>, version: number): payload is AccessTokenPayload {
  const { sub, exp, iat, sessionHandle, refreshTokenHash1, tId, rsub, stt } = payload
  return typeof sub === 'string' && typeof exp === 'number' && typeof iat === 'number' && typeof sessionHandle === 'string' &&
    typeof refreshTokenHash1 === 'string' && (version < 4 || typeof tId === 'string') && (version < 5 || typeof rsub === 'string') &&
    // Another kind of token of the same Core, such as one for OAuth clients.
    (stt === undefined || stt === 0)
}

/**
 * Reads a text that may be an access token. Undefined if it is none, as if it was not there: so supertokens-node does, too.
 * Tokens before version 3 are none: they name no key.
 */
export function readAccessToken (token: string): AccessToken | undefined {
  if (token.length > LONGEST) return undefined
  const [protectedHeader, encodedPayload, signature, ...more] = token.split('.')
  if (encodedPayload === undefined || signature === undefined || more.length > 0) return undefined
  const header = parse(protectedHeader!)
  if (header === undefined || header.typ !== 'JWT' || header.kid === undefined) return undefined
  if (header.version !== undefined && typeof header.version !== 'string') return undefined
  const version = header.version === undefined ? 3 : Number.parseInt(header.version)
  if (!(version >= 3)) return undefined
  const payload = parse(encodedPayload)
  return payload !== undefined && hasStructure(payload, version) ? { token, version, kid: typeof header.kid === 'string' ? header.kid : NO_KEY, payload } : undefined
}
