import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { Overloaded } from '../errors.js'

export interface ConcurrencyOptions {
  /** The longest wait in milliseconds; with 0, nothing waits. @default 2000 */
  maxWait?: number
  /** A clock that only runs forward, in milliseconds. @default performance.now */
  elapsed?: () => number
  /** Runs once after so many milliseconds. @default setTimeout @returns ends that */
  after?: (milliseconds: number, run: () => void) => () => void
}

interface Waiting { start (): void, refuse (wait: number): void }

export const MAX_WAIT_MS = 2000

/** How long work takes, as long as nothing has been measured: a few calls to a Core. */
const GUESS_MS = 200
/** Weight of the newest measurement. */
const SHARE = 0.1
/** How many may wait for each that runs. Each holds a request in memory. */
const WAITING_PER_PLACE = 4

function afterTimeout (milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds).unref()
  return () => { clearTimeout(timer) }
}

/**
 * Runs at most so many at a time. Further ones wait in line if their turn is likely to come in time, reckoned by how long
 * work takes now; others are refused at once. Without that, under overload everybody would wait until nobody waits any
 * longer, and all the work would be for clients who have given up.
 *
 * @throws AUTH_OVERLOADED, with `retryAfter` in seconds
 */
export function createConcurrency (most: number, { maxWait = MAX_WAIT_MS, elapsed = () => performance.now(), after = afterTimeout }: ConcurrencyOptions = {}) {
  const line = new Set<Waiting>()
  let running = 0
  let measuredMs: number | undefined

  const waitBehind = (count: number) => (count + 1) * Math.max(1, measuredMs ?? GUESS_MS) / most
  const overload = (wait: number) => Object.assign(new Overloaded(), { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })

  async function takePlace (): Promise<void> {
    if (running < most) {
      running++
      return
    }
    const wait = waitBehind(line.size)
    if (wait > maxWait || line.size >= WAITING_PER_PLACE * most) throw overload(wait)
    await new Promise<void>((resolve, reject) => {
      // Nothing is measured while nothing ends: if the Core hangs, those in line are told so in time.
      const cancel = after(maxWait, () => { waiting.refuse(maxWait) })
      const leave = () => {
        line.delete(waiting)
        cancel()
      }
      const waiting: Waiting = {
        start () { leave(); resolve() },
        refuse (wait) { leave(); reject(overload(wait)) }
      }
      line.add(waiting)
    })
  }

  /** Hands the place to the first in line. Refuses the last ones, if work takes longer than it did when they came. */
  function leavePlace (): void {
    if (waitBehind(line.size - 1) > maxWait) {
      for (const waiting of [...line].reverse()) {
        const wait = waitBehind(line.size - 1)
        if (wait > maxWait) waiting.refuse(wait)
      }
    }
    const [next] = line
    if (next === undefined) running--
    else next.start()
  }

  return async function run<Result> (work: () => Promise<Result>): Promise<Result> {
    await takePlace()
    const start = elapsed()
    try {
      return await work()
    } finally {
      const took = elapsed() - start
      measuredMs = measuredMs === undefined ? took : measuredMs + SHARE * (took - measuredMs)
      leavePlace()
    }
  }
}
