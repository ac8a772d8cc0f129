import { setTimeout as sleep } from 'node:timers/promises'
import { LONGEST_MEMORY_SECONDS, type LimitStore } from './store.js'

export interface TriesRules {
  /** Failures before the first wait. */
  free: number
  /** Failures between one wait and the next. */
  step: number
  /** Seconds, one after the other; the last one repeats. */
  waits: readonly number[]
  /** Seconds after which failures are forgotten. @default as long as memory can */
  memory?: number
  /** Whether those who come while others are being tried wait a moment for the outcome, instead of being refused. @default false */
  queue?: boolean
}

/** A try that has been counted before it is made. Exactly one of the three is called when it is known how it went. */
export interface Try {
  /** Which consecutive failure this one is, should it fail. */
  ordinal: number
  /** It stays counted. Resolves with the seconds to wait that it has brought about, 0 for none. */
  fail (): Promise<number>
  /** Nothing has failed any more. */
  succeed (): Promise<void>
  /** It was no try after all. */
  giveBack (): Promise<void>
}

/** A try that is made hangs for this long at most; a process that dies over one keeps nobody out for longer. */
const IN_FLIGHT_SECONDS = 60
/** Above any number of tries: nothing more gets through until the counter is forgotten. */
const CLOSED = 1_000_000_000
/** The same, for a wait that has begun. */
const WAITING = 2 * CLOSED
const isWaiting = (count: number): boolean => count > WAITING - CLOSED / 2
/** What to tell those who come while others are being tried: by then the outcome is known. */
const MOMENT_SECONDS = 1
/** How long those who queue come back after: a second and a half in all. */
const QUEUE_MS = [50, 100, 200, 400, 800]

/**
 * Consecutive failures with growing waits.
 *
 * Two counters: how many there were, and how many tries are in hand since the last wait. The second is what parallel guesses meet: each
 * one is counted before it is tried, so that of two hundred at once no more than one lot is.
 */
export function createTries (store: LimitStore, { free, step, waits, memory = LONGEST_MEMORY_SECONDS, queue = false }: TriesRules) {
  const failuresOf = (key: string): string => `${key}:failures`
  const inHandOf = (key: string): string => `${key}:tries`

  function waitAfter (failures: number): number {
    if (failures < free || (failures - free) % step !== 0) return 0
    return waits[Math.min((failures - free) / step, waits.length - 1)]!
  }

  async function startWait (key: string, failures: number): Promise<number> {
    const wait = waitAfter(failures)
    // Another one of the same lot has succeeded meanwhile: there is nothing to wait for.
    if (wait === 0 || await store.get(failuresOf(key)) === undefined) return 0
    await store.put(inHandOf(key), WAITING, wait)
    return wait
  }

  async function clear (key: string): Promise<void> {
    await Promise.all([store.delete(failuresOf(key)), store.delete(inHandOf(key))])
  }

  async function reserveNow (key: string, atLeast: number): Promise<Try | number> {
    const known = Math.max(atLeast, (await store.get(failuresOf(key)))?.count ?? 0)
    const inHand = await store.add(inHandOf(key), IN_FLIGHT_SECONDS)
    if (inHand.count > (known < free ? free : step)) return isWaiting(inHand.count) ? Math.ceil(inHand.waitMs / 1000) : 0
    let { count: ordinal } = await store.add(failuresOf(key), memory)
    if (ordinal <= atLeast) {
      ordinal = atLeast + 1
      await store.put(failuresOf(key), ordinal, memory)
    }
    const isLast = waitAfter(ordinal) > 0
    // The wait is decided on when this one has failed; until then nobody comes after it.
    if (isLast) await store.put(inHandOf(key), CLOSED, IN_FLIGHT_SECONDS)
    return {
      ordinal,
      fail: () => startWait(key, ordinal),
      succeed: () => clear(key),
      async giveBack () {
        await Promise.all([store.takeBack(failuresOf(key)), isLast ? store.delete(inHandOf(key)) : store.takeBack(inHandOf(key))])
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
     * @param atLeast failures that are known from elsewhere, should the store have forgotten them
     * @returns the seconds to wait when there is no try left
     */
    async reserve (key: string, atLeast = 0): Promise<Try | number> {
      let result = await reserveNow(key, atLeast)
      for (const pause of queue ? QUEUE_MS : []) {
        if (result !== 0) return result
        await sleep(pause)
        result = await reserveNow(key, atLeast)
      }
      return result === 0 ? MOMENT_SECONDS : result
    },

    /** Counts a failure that nobody had to be kept from: for counters that many people share, where those who succeed must not stand in each other's way. */
    async fail (key: string): Promise<void> {
      const { count } = await store.add(failuresOf(key), memory)
      await startWait(key, count)
    },

    clear
  }
}

export type Tries = ReturnType<typeof createTries>
