import { setTimeout as sleep } from 'node:timers/promises'
import { inDecision } from '../tracing/steps.js'
import { refuse } from './answers.js'
import type { LimitStore } from './store.js'

/** How long failures are remembered: the more there are, the longer. */
export interface Memory {
  /** Seconds for each failure. */
  each: number
  /** Seconds in all. */
  most: number
}

export interface TriesRules {
  /** Failures before the first wait. */
  free: number
  /** Failures from one wait to the next. */
  step: number
  /** Seconds of each wait in turn; the last one repeats. */
  waits: readonly number[]
  /** @default 21 days, from the first failure */
  memory?: Memory
  /**
   * Whether a try that arrives while others are undecided waits briefly for their outcome instead of being refused.
   * @default false
   */
  queue?: boolean
}

/** A try that is counted before it is made. Call exactly one of the three functions once its outcome is known. */
export interface Reservation {
  /** The try failed and stays counted. Resolves with the seconds to wait now, 0 for none. */
  fail (): Promise<number>
  /** The try succeeded. */
  succeed (): Promise<void>
  /** The try turned out not to be one, for example because the Core failed: it is not counted. */
  giveBack (): Promise<void>
}

/** A try of one account. When it succeeds, the failures are reset. */
export interface Try extends Reservation {
  /** The number of consecutive failures if this one fails too. */
  ordinal: number
  /** How many other tries are counted now, undecided ones included. */
  others (): Promise<number>
}

const THREE_WEEKS = 21 * 86_400
/** How long an undecided try may block others. If a process dies during one, nobody is kept out for longer. */
export const IN_FLIGHT_SECONDS = 60
/** A count above any number of tries: nothing gets through until the counter expires. */
const CLOSED = 1_000_000_000
/** The same, and a wait has begun. */
const WAITING = 2 * CLOSED
const isWaiting = (count: number): boolean => count > WAITING - CLOSED / 2
/** Retry time for tries that arrive while others are undecided. By then the outcome is known. */
const MOMENT_SECONDS = 1
/** Delays between the attempts of a queued try: about a second and a half in all. */
const QUEUE_MS = [50, 100, 200, 400, 800]

/**
 * Reserves a try. One that arrives while others are undecided waits briefly for their outcome.
 *
 * @param reserveNow resolves with 0 if only undecided tries are in the way
 * @returns the seconds to wait if no try is left
 */
export function reserveInQueue<Reserved extends Reservation> (reserveNow: () => Promise<Reserved | number>, queue: readonly number[] = QUEUE_MS): Promise<Reserved | number> {
  return inDecision('limits.tries', () => reserveWaiting(reserveNow, queue))
}

async function reserveWaiting<Reserved extends Reservation> (reserveNow: () => Promise<Reserved | number>, queue: readonly number[]): Promise<Reserved | number> {
  let result = await reserveNow()
  for (const pause of queue) {
    if (result !== 0) return result
    await sleep(pause)
    result = await reserveNow()
  }
  return result === 0 ? MOMENT_SECONDS : result
}

/**
 * Counts a try in every place, or in none if one of them refuses.
 *
 * @param refusal the beginning of what the client is told
 * @throws AUTH_LIMIT_REACHED
 */
export async function reserveAll (takes: Array<() => Promise<Reservation | number>>, refusal: string): Promise<Reservation[]> {
  const reserved: Reservation[] = []
  for (const take of takes) {
    const attempt = await take()
    if (typeof attempt === 'number') {
      await Promise.all(reserved.map((one) => one.giveBack()))
      throw refuse(refusal, attempt)
    }
    reserved.push(attempt)
  }
  return reserved
}

/**
 * Counts consecutive failures, with growing waits.
 *
 * Two counters are kept: the failures, and the tries made since the last wait. The second stops parallel guesses. Each
 * try is counted before it is made, so that of two hundred concurrent ones only one round is tried.
 */
export function createTries (store: LimitStore, { free, step, waits, memory = { each: THREE_WEEKS, most: THREE_WEEKS }, queue = false }: TriesRules) {
  const failuresOf = (key: string): string => `${key}:failures`
  const inHandOf = (key: string): string => `${key}:tries`

  function waitAfter (failures: number): number {
    if (failures < free || (failures - free) % step !== 0) return 0
    return waits[Math.min((failures - free) / step, waits.length - 1)]!
  }

  async function startWait (key: string, failures: number): Promise<number> {
    const wait = waitAfter(failures)
    // Another try of the same round has succeeded meanwhile, so there is no reason to wait.
    if (wait === 0 || await store.count(failuresOf(key)) === 0) return 0
    await store.put(inHandOf(key), WAITING, wait)
    return wait
  }

  async function clear (key: string): Promise<void> {
    await Promise.all([store.delete(failuresOf(key)), store.delete(inHandOf(key))])
  }

  async function reserveNow (key: string, atLeast: number): Promise<Try | number> {
    const known = Math.max(atLeast, await store.count(failuresOf(key)))
    const inHand = await store.add(inHandOf(key), IN_FLIGHT_SECONDS)
    const allowed = known < free ? free : step
    if (inHand.count > allowed) return isWaiting(inHand.count) ? Math.ceil(inHand.waitMs / 1000) : 0
    let { count: ordinal } = await store.add(failuresOf(key), memory.each, memory.most)
    if (ordinal <= atLeast) {
      ordinal = atLeast + 1
      await store.put(failuresOf(key), ordinal, memory.most)
    }
    const isLast = waitAfter(ordinal) > 0
    // Close the counter until this try is decided: if it fails, a wait follows.
    if (isLast) await store.put(inHandOf(key), CLOSED, IN_FLIGHT_SECONDS)
    return {
      ordinal,
      fail: () => startWait(key, ordinal),
      others: async () => Math.max(ordinal, await store.count(failuresOf(key))) - 1,
      succeed: () => clear(key),
      async giveBack () {
        await store.takeBack(failuresOf(key))
        // The others of the round stay in hand: one more may be made, not a whole round.
        await (isLast ? store.put(inHandOf(key), allowed - 1, IN_FLIGHT_SECONDS) : store.takeBack(inHandOf(key)))
      }
    }
  }

  return {
    /** Seconds to wait now, 0 for none. */
    async waiting (key: string): Promise<number> {
      const inHand = await store.get(inHandOf(key))
      return inHand === undefined || !isWaiting(inHand.count) ? 0 : Math.ceil(inHand.waitMs / 1000)
    },

    /**
     * Counts a try before it is made.
     *
     * @param atLeast failures known from elsewhere, in case the store has lost them
     * @returns the seconds to wait if no try is left
     */
    reserve (key: string, atLeast = 0): Promise<Try | number> {
      return reserveInQueue(() => reserveNow(key, atLeast), queue ? QUEUE_MS : [])
    },

    clear
  }
}
