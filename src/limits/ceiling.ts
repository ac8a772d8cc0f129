import type { Keys } from './keys.js'
import type { LimitStore } from './store.js'
import { takeCount, type Taken } from './windows.js'

const HOUR = 3600
const DAY = 86_400

/**
 * Tells the operator that a limit that many people share is nearly or wholly used up. `what` names it, without whole
 * numbers or addresses.
 */
export type Report = (event: 'limit.near' | 'limit.reached', what: string) => void

interface CeilingOptions {
  store: LimitStore
  keys: Keys
  report: Report
  /** Part of the counters' names. */
  purpose: string
  /** What is counted, for the log. */
  what: string
  perHour: number
  perDay: number
}

/** Says a thing once in so many seconds, over all replicas. */
export async function once (store: LimitStore, key: string, seconds: number, say: () => void): Promise<void> {
  if ((await store.add(key, seconds)).count === 1) say()
}

/**
 * Limits how much of something happens in all. Nobody honest should ever meet it: it bounds the damage of an attack that
 * no other limit can tell from many new users. The operator hears of it at half.
 */
export function createCeiling ({ store, keys, report, purpose, what, perHour, perDay }: CeilingOptions) {
  const windows = [
    { name: 'day', limit: perDay, seconds: DAY },
    { name: 'hour', limit: perHour, seconds: HOUR }
  ]

  async function takeOne ({ name, limit, seconds }: typeof windows[number], lane: string): Promise<Taken | number> {
    const key = keys(`${purpose}-${name}`, lane)
    const taken = await takeCount(store, { key, limit, seconds })
    const used = typeof taken === 'number' ? limit : limit - taken.left
    const [event, suffix] = typeof taken === 'number' ? ['limit.reached', 'full'] as const : ['limit.near', 'half'] as const
    // Counts pass one by one, so that one request meets the half exactly.
    if (typeof taken === 'number' || used === Math.ceil(limit / 2)) {
      await once(store, `${key}:${suffix}`, seconds, () => { report(event, `${what}: ${used} of ${limit} in ${name === 'day' ? 'a day' : 'an hour'}`) })
    }
    return typeof taken === 'number' ? taken : { ...taken, left: Infinity }
  }

  /** @param lane who shares the ceiling; each lane has the whole of it */
  return (lane: string) => windows.map((window) => () => takeOne(window, lane))
}

export type Ceiling = ReturnType<typeof createCeiling>
