import { SignJWT, type JWTPayload } from 'jose'
import { OptionsInvalid } from '../errors.js'
import { generateKey } from './generate.js'
import { readKeys, type PublicJwk } from './keys.js'
import type { PrivateJwkSet } from './options.js'

/** What a caller says in a JWT. The other registered claims are the signer's. */
export type Claims = Record<string, unknown> & { iss?: never, aud?: never, exp?: never, iat?: never, nbf?: never }

export interface Terms {
  /**
   * Type of the JWT, as `typ` in its header, such as `secevent+jwt`. Each kind has one of its own, and its reader asks for
   * it, so that one kind never passes for another (RFC 8725, section 3.11).
   */
  typ: string
  /** For whom it is. */
  audience: string | string[]
  /** Seconds after which it expires; `never` for statements about the past, which have no `exp` (RFC 8417, section 2.2). */
  ttl: number | 'never'
}

/** Signs JWTs of this service's own. */
export interface Signer {
  /** `iss` of all of them. */
  readonly issuer: string
  /** The public keys, as a JWK set (RFC 7517). Another object once the keys have changed. */
  readonly jwks: { readonly keys: readonly PublicJwk[] }
  /** Whether the keys are this process's alone, so that nothing that another replica signed can be verified with them. */
  readonly isTemporary: boolean
  /**
   * Reads keys that are to take the place of the present ones.
   *
   * @returns puts them in place
   * @throws AUTH_OPTIONS_INVALID if they cannot be used
   */
  prepare (keys: PrivateJwkSet): () => void
  /** A JWT in its compact form. `iss`, `aud`, `iat` and `exp` in `claims` do not count. */
  sign (claims: Claims, terms: Terms): Promise<string>
}

export interface SignerOptions {
  issuer: string
  /** @default one that is made now, and lasts as long as this process */
  keys?: PrivateJwkSet | undefined
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
}

const RESERVED = ['iss', 'aud', 'exp', 'iat', 'nbf']

function own (claims: Claims): JWTPayload {
  const rest: Record<string, unknown> = { ...claims }
  for (const name of RESERVED) delete rest[name]
  return rest
}

/**
 * Creates the signer of an app. The Core's keys are for sessions alone: whoever verifies those would otherwise accept what
 * is signed here as one.
 *
 * @throws AUTH_OPTIONS_INVALID if the keys cannot be used
 */
export function createSigner ({ issuer, keys: given, now = () => Date.now() }: SignerOptions): Signer {
  const ringOf = (set: PrivateJwkSet) => {
    const read = readKeys(set)
    if ('problems' in read) throw new OptionsInvalid(`signingKeys ${read.problems.join(', ')}`)
    const { keys } = read
    return { first: keys[0]!, jwks: { keys: keys.map(({ publicJwk }) => publicJwk) } }
  }
  let ring = ringOf(given ?? { keys: [generateKey()] })
  return {
    issuer,
    get jwks () { return ring.jwks },
    isTemporary: given === undefined,
    prepare (set) {
      const next = ringOf(set)
      return () => { ring = next }
    },
    async sign (claims, { typ, audience, ttl }) {
      const { kid, alg, privateKey } = ring.first
      const at = Math.floor(now() / 1000)
      const jwt = new SignJWT(own(claims)).setProtectedHeader({ alg, kid, typ }).setIssuer(issuer).setAudience(audience).setIssuedAt(at)
      if (ttl !== 'never') jwt.setExpirationTime(at + ttl)
      return await jwt.sign(privateKey)
    }
  }
}
