import { verify } from 'node:crypto'
import { convertToRecipeUserId } from 'supertokens-node'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import { buildFrontToken, SdkSession } from '../supertokens/sdk-internals.js'
import type { KeySet } from './key-set.js'
import { entryOf, freezeSession, isPlainText, isPresent, JWT, type TokenPayload, type VerifiedToken } from './verified-token.js'

/** The only version of tokens that is verified here: as Cores of CDI 5 issue it. The SDK verifies all others. */
const VERSION = '5'
const HEADER_FIELDS = ['alg', 'kid', 'typ', 'version']

/** Node takes no longer headers, unless it is told to. */
const LONGEST = 16_384
/** For the bytes of one token after another, and of its signature: a buffer for each would be garbage at once. */
const BYTES = Buffer.allocUnsafeSlow(2 * LONGEST)

/** The SDK would refuse the token with `TRY_REFRESH_TOKEN`, whatever else is in it. */
export const INVALID = Symbol('invalid')

/** What every token of version 5 says of its session, in the form in which the SDK takes it over unchanged. */
interface Payload extends TokenPayload {
  sub: string
  rsub: string
  tId: string
  sessionHandle: string
}

/**
 * Verifies tokens that were not seen before, without the SDK's detours: it parses each twice, hands the signature to a
 * thread and back, and creates a session object that most handlers never read.
 *
 * Whatever depends on a token's header alone was decided by the SDK: only headers are known here, byte for byte, whose
 * token it has admitted, each with the key that it takes for it. So no header chooses an algorithm or a key. What
 * remains are the signature and the payload, checked as the SDK does. A payload of any other shape is left to it.
 */
export function createTokenVerifier (claim: BooleanClaim, keys: () => KeySet | undefined) {
  let helpers: ConstructorParameters<typeof SdkSession>[0] | undefined

  function sessionOf (token: string, payload: Payload): SessionContainerInterface {
    const { sub, rsub, tId, sessionHandle, exp } = payload
    const session = new SdkSession(
      helpers!, token, buildFrontToken(sub, exp * 1000, payload), undefined, undefined, sessionHandle, sub, convertToRecipeUserId(rsub), payload, undefined, false, tId
    )
    freezeSession(session)
    return session
  }

  return {
    /** Learns the header of a token that the SDK has admitted. */
    async learn (token: string, session: SessionContainerInterface): Promise<void> {
      const protectedHeader = token.slice(0, token.indexOf('.'))
      const set = keys()
      if (set === undefined || set.known(protectedHeader) !== undefined) return
      const header = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString()) as Record<string, unknown>
      if (header.alg !== 'RS256' || header.version !== VERSION || Object.keys(header).sort().join() !== HEADER_FIELDS.join()) return
      helpers = Reflect.get(session, 'helpers') as typeof helpers
      await set.learn(protectedHeader, header)
    },

    /**
     * Verifies a token. Undefined leaves it to the SDK.
     *
     * @param time by the wall clock, in milliseconds
     */
    verify (token: string, time: number): VerifiedToken | typeof INVALID | undefined {
      const payloadAt = token.indexOf('.') + 1
      const key = keys()?.known(token.slice(0, payloadAt - 1))
      if (key === undefined || token.length > LONGEST || !JWT.test(token)) return undefined
      const signatureAt = token.lastIndexOf('.') + 1
      const payload = parse(token.slice(payloadAt, signatureAt - 1))
      if (payload === undefined) return undefined
      // No signature makes it valid again, so it is not worth checking.
      if (payload.exp <= Math.floor(time / 1000)) return INVALID
      const end = BYTES.write(token, 'latin1')
      const signatureEnd = end + BYTES.write(token.slice(signatureAt), end, 'base64url')
      if (!verify('sha256', BYTES.subarray(0, signatureAt - 1), key, BYTES.subarray(end, signatureEnd))) return INVALID
      // A copy: as a slice of a header it would keep all of the request's cookies in memory.
      const own = BYTES.toString('latin1', 0, end)
      let session: SessionContainerInterface | undefined
      const entry = entryOf(own, payload.sessionHandle, payload, claim, () => (session ??= sessionOf(own, payload)))
      return time < entry.expiresAt ? entry : undefined
    }
  }
}

/**
 * Reads the payload of a token that the SDK would not treat specially: neither malformed, nor of another kind, nor not
 * valid yet, nor one that the Core must confirm.
 */
function parse (encoded: string): Payload | undefined {
  let payload: unknown
  try {
    payload = JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return undefined
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined
  const { sub, rsub, tId, sessionHandle, refreshTokenHash1, iat, exp, stt, nbf, parentRefreshTokenHash1 } = payload as Record<string, unknown>
  const isPlain = isPlainText(sub) && isPlainText(rsub) && isPlainText(tId) && isPlainText(sessionHandle) &&
    typeof refreshTokenHash1 === 'string' && typeof iat === 'number' && typeof exp === 'number' &&
    (stt === undefined || stt === 0) && nbf === undefined && !isPresent(parentRefreshTokenHash1)
  return isPlain ? payload as Payload : undefined
}
