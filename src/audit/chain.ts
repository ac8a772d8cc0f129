import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { canonical } from './canonical.js'
import type { AuditEvent } from './event.js'

/**
 * The lines of a hash-chained audit file. Each says which one is before it, so none can be changed, removed, inserted
 * or moved without a trace, as long as nobody writes all that follow anew. With a key (HMAC-SHA-256), only who has it
 * can.
 */

/** What ends a line, as a byte. */
export const LINE_BREAK = 0x0a

/** What a line of the chain's own says. */
export interface ChainNote {
  /**
   * The first line of a chain, the first of a further file, or one after something that does not belong to the chain.
   */
  state: 'begun' | 'continued' | 'repaired'
  /** Names the chain, so that none passes for another one. */
  chain: string
  time: string
  /** An incomplete line before this one, as a killed process leaves it. */
  torn?: { bytes: number, sha256: string }
  /** Lines that were written once and are not there any more: a power cut, or somebody removed them. */
  missing?: { from: number, to: number }
}

export interface Line {
  sequence: number
  /** `hash` of the line before; zeros for the first one of a chain. */
  previous: string
  event?: AuditEvent
  note?: ChainNote
  /** SHA-256 of the canonical JSON of all this. */
  hash: string
  /** HMAC-SHA-256 of the hash; only with a key. */
  mac?: string
}

/** The end of a chain. Whoever keeps one elsewhere can prove later that nothing before it is missing. */
export interface Head {
  chain: string
  sequence: number
  hash: string
  mac?: string
}

const HASH = /^[0-9a-f]{64}$/
export const NOTHING = '0'.repeat(64)

/** Separates this use of the key from any other. */
const DOMAIN = 'fastify-2fa audit line\n'

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

const macOf = (hash: string, key: string): string => createHmac('sha256', key).update(DOMAIN + hash).digest('hex')

function same (one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

export const newChain = (): Head => ({ chain: randomUUID(), sequence: 0, hash: NOTHING })

/** The next line after a head. */
export function nextLine (head: Head, content: { event: AuditEvent } | { note: ChainNote }, key: string | undefined): { text: string, head: Head } {
  const line = { sequence: head.sequence + 1, previous: head.hash, ...content }
  const hash = sha256(canonical(line))
  const mac = key === undefined ? {} : { mac: macOf(hash, key) }
  return { text: `${JSON.stringify({ ...line, hash, ...mac })}\n`, head: { chain: head.chain, sequence: line.sequence, hash, ...mac } }
}

export type Faults = 'not-json' | 'not-a-line' | 'hash' | 'mac' | 'no-mac'

/** Reads one line, whatever comes before it. With keys, it must have the MAC of one of them. */
export function readLine (text: string, keys: readonly string[] = []): { line: Line } | { fault: Faults } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: 'not-json' }
  }
  const line = value as Line
  if (typeof value !== 'object' || value === null || !Number.isSafeInteger(line.sequence) || line.sequence < 1 || !HASH.test(line.previous) || !HASH.test(line.hash)) return { fault: 'not-a-line' }
  if ((line.event === undefined) === (line.note === undefined)) return { fault: 'not-a-line' }
  const { hash, mac, ...rest } = line
  if (sha256(canonical(rest)) !== hash) return { fault: 'hash' }
  if (keys.length > 0) {
    if (typeof mac !== 'string') return { fault: 'no-mac' }
    if (!keys.some((key) => same(mac, macOf(hash, key)))) return { fault: 'mac' }
  }
  return { line }
}

/** Whether a checkpoint comes from somebody who has one of the keys. */
export function isAuthentic ({ hash, mac }: Head, keys: readonly string[]): boolean {
  return keys.length === 0 || (mac !== undefined && keys.some((key) => same(mac, macOf(hash, key))))
}

/** A head, as a checkpoint or the file beside the log has it. */
export function readHead (text: string): Head | undefined {
  try {
    const { chain, sequence, hash, mac } = JSON.parse(text) as Head
    const isHead = typeof chain === 'string' && Number.isSafeInteger(sequence) && HASH.test(hash) && (mac === undefined || HASH.test(mac))
    return isHead ? { chain, sequence, hash, ...(mac !== undefined && { mac }) } : undefined
  } catch {
    return undefined
  }
}
