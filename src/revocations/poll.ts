import { clearTimeout, setTimeout } from 'node:timers'
import type { Claims, Signer } from '../signing-keys/signer.js'
import type { Revocations } from './bus.js'
import type { Journal } from './journal.js'
import { securityEventsOf, SET_TYPE } from './security-event.js'

/** Tokens in an answer. */
export const MOST_EVENTS = 500
/** Below the time after which proxies give up. */
const PATIENCE_MS = 25_000

/** A request of RFC 8936, section 2.2. */
export interface Poll {
  /** How many tokens at most; 0 to acknowledge only. */
  maxEvents: number
  /** Whether to answer at once, though there is nothing new. */
  returnImmediately: boolean
  /** Tokens (`jti`) that need not be sent again: those that were taken, and those that the receiver cannot take. */
  done: readonly string[]
}

/** Its answer (section 2.3). */
export interface Polled {
  sets: Record<string, string>
  moreAvailable: boolean
}

interface PollsOptions {
  revocations: Revocations
  signer: Pick<Signer, 'issuer' | 'sign'>
  /** How long a request waits for news, in milliseconds. @default 25 s */
  patienceMs?: number
}

/** What a client has yet to acknowledge at this process. */
interface Place {
  journal: Journal
  /** Of the first event of which a token is not acknowledged. */
  position: number
  /** Of those after it. */
  done: Set<string>
  isWaiting: boolean
}

/**
 * Hands out security event tokens until they are acknowledged (RFC 8936). Each process has a place for each client: one that
 * asks another process gets tokens again, with the same `jti`.
 */
export function createPolls ({ revocations, signer, patienceMs = PATIENCE_MS }: PollsOptions) {
  const places = new Map<string, Place>()
  /** Ends what is waiting. */
  const waiting = new Set<() => void>()
  let isClosed = false

  function placeOf (client: string): Place {
    const { journal } = revocations
    const known = places.get(client)
    if (known?.journal === journal) {
      known.position = Math.max(known.position, journal.first)
      return known
    }
    const place = { journal, position: journal.first, done: new Set<string>(), isWaiting: false }
    places.set(client, place)
    return place
  }

  function claimsAt ({ journal }: Place, position: number): Claims[] | undefined {
    const entry = journal.at(position)
    if (entry === undefined || entry === null) return undefined
    return entry.event === undefined ? [] : securityEventsOf(entry.event, signer.issuer)
  }

  const isDone = ({ done }: Place, claims: Claims): boolean => done.has(claims.jti as string)

  /** Only what was handed out: a client cannot fill the memory with anything else. */
  function acknowledge (place: Place, done: ReadonlySet<string>): void {
    if (done.size === 0) return
    for (let position = place.position, handedOut = 0; handedOut < MOST_EVENTS; position++) {
      const all = claimsAt(place, position)
      if (all === undefined) break
      handedOut += all.filter((claims) => !isDone(place, claims)).length
      for (const { jti } of all) if (done.has(jti as string)) place.done.add(jti as string)
    }
    for (;;) {
      const all = claimsAt(place, place.position)
      if (all === undefined || !all.every((claims) => isDone(place, claims))) return
      for (const { jti } of all) place.done.delete(jti as string)
      place.position++
    }
  }

  function next (place: Place, most: number): { found: Claims[], more: boolean } {
    const found: Claims[] = []
    for (let position = place.position; ; position++) {
      const all = claimsAt(place, position)
      if (all === undefined) return { found, more: false }
      for (const claims of all) {
        if (isDone(place, claims)) continue
        if (found.length === most) return { found, more: true }
        found.push(claims)
      }
    }
  }

  function news (): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(end, patienceMs)
      const stop = revocations.read({ news: end })
      waiting.add(end)
      function end (): void {
        clearTimeout(timer)
        waiting.delete(end)
        stop()
        resolve()
      }
    })
  }

  async function poll (client: string, { maxEvents, returnImmediately, done }: Poll): Promise<Polled> {
    const most = Math.min(maxEvents, MOST_EVENTS)
    let place = placeOf(client)
    acknowledge(place, new Set(done))
    let { found, more } = next(place, most)
    // One at a time may wait: the others would only take sockets.
    if (found.length === 0 && most > 0 && !returnImmediately && !place.isWaiting && !isClosed) {
      place.isWaiting = true
      await news().finally(() => { place.isWaiting = false })
      place = placeOf(client)
      ;({ found, more } = next(place, most))
    }
    const sets = await Promise.all(found.map(async (claims) => [claims.jti as string, await signer.sign(claims, { typ: SET_TYPE, audience: client, ttl: 'never' })] as const))
    return { sets: Object.fromEntries(sets), moreAvailable: more }
  }

  return {
    poll,
    /** Answers those that wait, so that nothing keeps the app from closing. */
    close (): void {
      isClosed = true
      for (const end of waiting) end()
    }
  }
}

export type Polls = ReturnType<typeof createPolls>
