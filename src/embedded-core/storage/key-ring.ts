import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, scryptSync, type Cipher } from 'node:crypto'
import { CORE_OPTION_INVALID } from '../errors.js'

/** A secret key, as it is used. */
export interface SealingKey {
  /** Names the key in what it has sealed. */
  id: string
  key: Buffer
  /** Encrypts single blocks with the key. Blocks do not depend on each other, so one is enough for all. */
  blocks: Cipher
  /** K1 of CMAC (NIST SP 800-38B). */
  mask: Buffer
  /** For blind indexes. */
  indexKey: Buffer
}

/** The first key seals, all keys open. */
export type KeyRing = readonly SealingKey[]

const MIN_LENGTH = 32
/** Before XAES, with twelve bytes of nonce. Only read. */
const OLD_FORMAT = 'v1'
const FORMAT = 'v2'
const BLOCK = 16
const NONCE = 24
const TAG = 16

/**
 * Derives the keys by scrypt. Slow by design (about 0.1 s), which limits the guesses of an attacker who knows part of a
 * passphrase.
 *
 * @throws CORE_OPTION_INVALID for a key of less than 32 characters
 */
export function deriveKeys (secretKey: string | string[] | undefined): KeyRing {
  if (secretKey === undefined) return []
  const given: unknown[] = [secretKey].flat()
  const texts = given.flatMap((one) => typeof one === 'string' ? one.split(',').map((text) => text.trim()) : [''])
  if (texts.length === 0 || texts.some((text) => text.length < MIN_LENGTH)) {
    throw new CORE_OPTION_INVALID('secretKey', `must be a string of at least ${MIN_LENGTH} characters. To give several, use a list or separate them by commas`)
  }
  return texts.map((text) => {
    const derived = scryptSync(text, 'fastify-2fa embedded core', 40, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 })
    return sealingKey(derived.subarray(0, 32), derived.toString('hex', 32))
  })
}

/** `key`: 32 bytes. */
export function sealingKey (key: Buffer, id: string): SealingKey {
  const blocks = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  return { id, key, blocks, mask: doubled(blocks.update(Buffer.alloc(BLOCK))), indexKey: Buffer.from(hkdfSync('sha256', key, '', 'fastify-2fa blind index', 32)) }
}

/**
 * Encrypts a text by XAES-256-GCM (https://c2sp.org/XAES-256-GCM): its random nonces are long enough for as many texts as
 * one likes, whereas AES-GCM alone allows 2^32, which the sessions of a busy service reach. `owner` says what the text is
 * and whose: under another owner it does not open.
 */
export function sealText (sealing: SealingKey, text: string, owner: string, nonce = randomBytes(NONCE)): string {
  const cipher = createCipheriv('aes-256-gcm', keyFor(sealing, nonce), nonce.subarray(12)).setAAD(Buffer.from(owner))
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${FORMAT}:${sealing.id}:${sealed.toString('base64')}`
}

/** Undefined if none of the keys has sealed it, it belongs to another owner, or was altered. */
export function openText (ring: KeyRing, sealed: string, owner: string): string | undefined {
  const [format, id, body = ''] = sealed.split(':')
  const sealing = ring.find((one) => one.id === id)
  if (sealing === undefined || (format !== FORMAT && format !== OLD_FORMAT)) return undefined
  const bytes = Buffer.from(body, 'base64')
  const nonce = bytes.subarray(0, format === FORMAT ? NONCE : 12)
  const key = format === FORMAT ? keyFor(sealing, nonce) : sealing.key
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce.subarray(-12), { authTagLength: TAG }).setAAD(Buffer.from(owner))
    decipher.setAuthTag(bytes.subarray(-TAG))
    return decipher.update(bytes.subarray(nonce.length, -TAG), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}

/** The same for equal values of a kind. Without the key, nobody can tell it for a value that they guess. */
export function blindIndex ({ indexKey }: SealingKey, kind: string, value: string): string {
  return createHmac('sha256', indexKey).update(`${kind}\0${value}`).digest('base64url').slice(0, 24)
}

/** The key that XAES derives for a nonce: two blocks of CMAC in counter mode (NIST SP 800-108r1), label `X`. */
function keyFor ({ blocks, mask }: SealingKey, nonce: Buffer): Buffer {
  const inputs = Buffer.alloc(2 * BLOCK)
  for (const counter of [1, 2]) {
    const start = (counter - 1) * BLOCK
    inputs[start + 1] = counter
    inputs[start + 2] = 0x58
    nonce.copy(inputs, start + 4, 0, 12)
    for (let at = 0; at < BLOCK; at++) inputs[start + at] = (inputs[start + at] as number) ^ (mask[at] as number)
  }
  return blocks.update(inputs)
}

/** Doubling in GF(2^128), by which CMAC makes K1. */
function doubled (block: Buffer): Buffer {
  const shifted = BigInt(`0x${block.toString('hex')}`) << 1n
  const reduced = shifted >> 128n === 0n ? shifted : (shifted & ((1n << 128n) - 1n)) ^ 0x87n
  return Buffer.from(reduced.toString(16).padStart(2 * BLOCK, '0'), 'hex')
}
