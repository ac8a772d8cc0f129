import type { Signer } from '../signing-keys/signer.js'
import type { Identity, IdentityHeaders } from './identity.js'
import type { Original } from './original.js'

/** Type of the JWT, which services behind the proxy ask for. */
export const ASSERTION_TYPE = 'forward-auth+jwt'

/** Seconds that an assertion is valid. */
export const ASSERTION_SECONDS = 60

/** Milliseconds that it is given out again for requests alike. It is valid much longer than that. */
const REUSED_MS = 5000
/** Assertions kept in each of two generations: about seven megabytes. */
const MOST_KEPT = 5000

type Kept = Map<string, { headers: IdentityHeaders, until: number }>

interface AssertionsOptions {
  signer: Signer
  /** @default Date.now */
  now?: () => number
}

export interface Asserted extends Pick<Original, 'method' | 'host'> {
  audience: string
}

/**
 * Makes assertions: what the identity headers say, for one service, method and host, and signed. A service that verifies
 * them need not trust the network between the proxy and itself.
 *
 * A signature costs more than all the rest, so requests alike get the same one for some seconds.
 */
export function createAssertions ({ signer, now = () => Date.now() }: AssertionsOptions) {
  // By the identity, which is one verified token's. Two generations, as of tokens: a hit writes nothing.
  let young = new WeakMap<Identity, Kept>()
  let old = young
  let size = 0

  function keptFor (identity: Identity): Kept {
    const kept: Kept = young.get(identity) ?? new Map()
    young.set(identity, kept)
    return kept
  }

  function turn (): void {
    old = young
    young = new WeakMap()
    size = 0
  }

  const keyOf = ({ audience, method, host }: Asserted): string => `${method} ${host} ${audience}`

  return {
    /** The headers with one that was made for a request like this; undefined if there is none, or it is too old. */
    find (identity: Identity, asserted: Asserted): IdentityHeaders | undefined {
      const key = keyOf(asserted)
      const kept = young.get(identity)?.get(key) ?? old.get(identity)?.get(key)
      return kept !== undefined && now() < kept.until ? kept.headers : undefined
    },

    /** The headers with a new one. */
    async make (identity: Identity, asserted: Asserted): Promise<IdentityHeaders> {
      const { userId, session, acr, amr, authTime, roles } = identity
      const { audience, method, host } = asserted
      const until = now() + REUSED_MS
      const assertion = await signer.sign({
        sub: userId,
        sid: session,
        ...(acr !== '' && { acr }),
        amr,
        ...(authTime !== undefined && { auth_time: authTime }),
        roles,
        htm: method,
        host
      }, { typ: ASSERTION_TYPE, audience, ttl: ASSERTION_SECONDS })
      if (size++ >= MOST_KEPT) turn()
      const headers = { ...identity.headers, 'x-auth-assertion': assertion }
      keptFor(identity).set(keyOf(asserted), { headers, until })
      return headers
    }
  }
}

export type Assertions = ReturnType<typeof createAssertions>
