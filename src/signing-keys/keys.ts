import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { memberOf, textOf } from '../members.js'
import type { PrivateJwk, PrivateJwkSet } from './options.js'

export type Algorithm = 'ES256' | 'EdDSA'

/** The public part of a key, as it is published (RFC 7517). */
export interface PublicJwk {
  kty: string
  crv: string
  x: string
  y?: string
  kid: string
  alg: Algorithm
  use: 'sig'
}

export interface SigningKey {
  kid: string
  alg: Algorithm
  privateKey: KeyObject
  publicJwk: PublicJwk
}

/** Rotation needs two or three. More make every verifier load a larger set. */
const MOST_KEYS = 10

const CURVES: Record<string, Algorithm> = { 'EC/P-256': 'ES256', 'OKP/Ed25519': 'EdDSA' }
const B64URL = /^[\w-]+$/

/** What is signed to see whether a key's two parts belong together. */
const PROBE = Buffer.from('fastify-2fa')
const HASH: Record<Algorithm, string | null> = { ES256: 'sha256', EdDSA: null }

/** The thumbprint of RFC 7638: SHA-256 of the required members, in the order of their names. */
export function thumbprintOf ({ kty, crv, x, y }: Pick<PrivateJwk, 'kty' | 'crv' | 'x' | 'y'>): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, ...(y !== undefined && { y }) })).digest('base64url')
}

/** A key, or what is wrong with it. Never quotes it. */
function readKey (jwk: unknown): SigningKey | string {
  const [kty, crv, x, y, d] = ['kty', 'crv', 'x', 'y', 'd'].map((name) => textOf(jwk, name))
  const alg = CURVES[`${kty}/${crv}`]
  if (alg === undefined) return 'must be an EC key on P-256, or an OKP key on Ed25519'
  if (d === undefined) return 'has no private part (d), so it cannot sign'
  const isPlain = [x, d, ...(alg === 'ES256' ? [y] : [])].every((part) => part !== undefined && B64URL.test(part))
  if (!isPlain) return 'is not complete'
  const given = { alg: memberOf(jwk, 'alg') ?? alg, use: memberOf(jwk, 'use') ?? 'sig', kid: memberOf(jwk, 'kid') }
  if (given.alg !== alg) return `has an alg that does not fit; it must be ${alg}`
  if (given.use !== 'sig') return 'is not for signatures: its use must be sig'
  if (given.kid !== undefined && !(typeof given.kid === 'string' && /^[\x21-\x7e]{1,128}$/.test(given.kid))) return 'has a kid that is no plain text of 1 to 128 characters'
  const parts = { kty: kty!, crv: crv!, x: x!, ...(alg === 'ES256' && { y: y! }) }
  try {
    const privateKey = createPrivateKey({ key: { ...parts, d: d! }, format: 'jwk' })
    // Node takes the public part as it is given. Where it is another key's, no signature would ever be accepted.
    const publicKey = createPublicKey({ key: parts, format: 'jwk' })
    if (!verify(HASH[alg], PROBE, publicKey, sign(HASH[alg], PROBE, privateKey))) return 'has a private part that belongs to another public one'
    const kid = given.kid ?? thumbprintOf(parts)
    return { kid, alg, privateKey, publicJwk: { ...parts, kid, alg, use: 'sig' } }
  } catch {
    return 'cannot be read'
  }
}

/** Keys, or what is wrong with the set. */
export function readKeys (set: unknown): { keys: SigningKey[] } | { problems: string[] } {
  const list = memberOf(set, 'keys')
  if (!Array.isArray(list) || list.length === 0) return { problems: ['must be a JWK set with at least one key'] }
  if (list.length > MOST_KEYS) return { problems: [`must have at most ${MOST_KEYS} keys`] }
  const read = list.map(readKey)
  const problems = read.flatMap((key, i) => typeof key === 'string' ? [`key ${i + 1} ${key}`] : [])
  if (problems.length > 0) return { problems }
  const keys = read as SigningKey[]
  // Verifiers find a key by its id. A kid that two have would make one of them useless.
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) return { problems: ['two keys have the same kid'] }
  return { keys }
}

/** What is wrong with the option; undefined if nothing is. */
export function signingKeysProblem (set: PrivateJwkSet | undefined): string | undefined {
  if (set === undefined) return undefined
  const read = readKeys(set)
  return 'problems' in read ? `signingKeys ${read.problems.join(', ')}` : undefined
}
