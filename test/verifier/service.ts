import { mint, type Payload, type SigningKey } from '../session/scripted-core.js'
import { createVerifier, type Verifier, type VerifierOptions } from '../../src/verifier/index.js'

/** A service as a verifier sees it: its keys, which the test owns, and tokens that they sign. */

export const SERVICE = 'https://auth.example.com'

/** The key set of the service, as `GET /auth/jwt/jwks.json` answers it. */
export function jwksOf (...keys: SigningKey[]) {
  return { keys: keys.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' })) }
}

/** A token of a session whose second factor passed a moment ago. */
export function accessToken (key: SigningKey, claims: Payload = {}, now = Date.now()): string {
  const seconds = Math.floor(now / 1000)
  return mint(key, {
    iat: seconds - 60,
    exp: seconds + 3000,
    sub: 'alice',
    rsub: 'alice',
    tId: 'public',
    sessionHandle: 'session-of-alice',
    refreshTokenHash1: 'a'.repeat(64),
    parentRefreshTokenHash1: null,
    antiCsrfToken: 'right',
    iss: 'https://auth.example.com/auth',
    '2fa-completed': { v: true, t: now - 1000 },
    ...claims
  })
}

/** A verifier with a clock and a service that the test moves. */
export function startVerifier (keys: SigningKey[], options: Partial<VerifierOptions> = {}) {
  let now = Date.UTC(2030, 0, 1, 12)
  let answer: () => Response | Promise<Response> = () => Response.json(jwksOf(...keys))
  let asked = 0
  const verifier: Verifier = createVerifier({
    serviceUrl: SERVICE,
    antiCsrf: 'VIA_CUSTOM_HEADER',
    clock: () => now,
    async fetch () {
      asked++
      return await answer()
    },
    ...options
  })
  return {
    verifier,
    now: () => now,
    pass (milliseconds: number) { now += milliseconds },
    publish (...others: SigningKey[]) { answer = () => Response.json(jwksOf(...others)) },
    answerWith (other: typeof answer) { answer = other },
    /** How often the service was asked for its keys. */
    asked: () => asked,
    token: (key: SigningKey, claims?: Payload) => accessToken(key, claims, now),
    /** The status for a token in a header: 200 if it is admitted. */
    async statusOf (token: string): Promise<number> {
      const decision = await verifier.verifyRequest({ method: 'GET', headers: { authorization: `Bearer ${token}` } })
      return decision.admitted ? 200 : decision.status
    }
  }
}
