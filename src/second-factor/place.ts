import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'

/**
 * Says roughly where an address is, for example `Lyon, France`; undefined if that is not known. `request` is the client's,
 * if there is one.
 */
export type PlaceOf = (address: string, request?: FastifyRequest) => string | undefined | Promise<string | undefined>

/** A message that warns of a thief does not wait for a slow database of places. */
const MOST_MS = 2000
const LONGEST = 100

/** A single line: the text goes into a mail. */
function asLine (text: unknown): string | undefined {
  const line = typeof text === 'string' ? text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim() : ''
  return line === '' ? undefined : [...line].slice(0, LONGEST).join('')
}

/** The place of an address by the host's own function. Whatever that does, this resolves, and in time. */
export async function placeFor (placeOf: PlaceOf, address: string, request: FastifyRequest | undefined, log: FastifyBaseLogger): Promise<string | undefined> {
  const tooLate = new AbortController()
  try {
    return await Promise.race([
      Promise.resolve(placeOf(address, request)).then(asLine),
      delay(MOST_MS, undefined, { signal: tooLate.signal }).then(() => { log.warn('placeOf took too long') })
    ]) ?? undefined
  } catch (err) {
    log.warn({ err }, 'placeOf failed')
    return undefined
  } finally {
    tooLate.abort()
  }
}
