import { generateKeyPairSync } from 'node:crypto'
import { thumbprintOf, type Algorithm } from './keys.js'
import type { PrivateJwk, PrivateJwkSet } from './options.js'

/** A new private key, with its thumbprint as `kid`. */
export function generateKey (alg: Algorithm = 'ES256'): PrivateJwk {
  const { privateKey } = alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const jwk = privateKey.export({ format: 'jwk' }) as unknown as PrivateJwk
  return { ...jwk, kid: thumbprintOf(jwk), alg, use: 'sig' }
}

/**
 * A step of a rotation. Between two of them, wait until nobody has the old set in a cache:
 *
 * 1. `publish` adds a new key last: everyone learns it, and nothing is signed with it yet;
 * 2. `sign` puts the newest key first: it signs, and what the old one signed is still accepted;
 * 3. `drop` removes all but the first.
 */
export type Step = 'publish' | 'sign' | 'drop'

/** The set after a step. */
export function rotate ({ keys }: PrivateJwkSet, step: Step, alg?: Algorithm): PrivateJwkSet {
  if (step === 'publish') return { keys: [...keys, generateKey(alg)] }
  if (step === 'sign') return { keys: [...keys.slice(-1), ...keys.slice(0, -1)] }
  return { keys: keys.slice(0, 1) }
}
