import type { Keys } from './keys.js'
import type { LimitStore } from './store.js'
import type { Taken } from './windows.js'

const HOUR = 3600
const HALF_DAY = 43_200

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
  // Each period counts together with the one before. A fixed window would let twice the number pass at its boundary.
  const windows = [
    { name: 'day', limit: perDay, seconds: HALF_DAY },
    { name: 'hour', limit: perHour, seconds: HOUR / 2 }
  ]

  async function takeOne ({ name, limit, seconds }: typeof windows[number], lane: string): Promise<Taken | number> {
    const now = Date.now() / 1000
    const period = Math.floor(now / seconds)
    const keyOf = (at: number): string => keys(`${purpose}-${name}`, lane, String(at))
    const key = keyOf(period)
    const before = await store.count(keyOf(period - 1))
    const count = before + (await store.add(key, 2 * seconds)).count
    const isFull = count > limit
    // Counts pass one by one, so that one request meets the half exactly.
    if (isFull || count === Math.ceil(limit / 2)) {
      const said = `${what}: ${Math.min(count, limit)} of ${limit} in ${name === 'day' ? 'a day' : 'an hour'}`
      await once(store, `${keys(`${purpose}-${name}`, lane)}:${isFull ? 'full' : 'half'}`, 2 * seconds, () => { report(isFull ? 'limit.reached' : 'limit.near', said) })
    }
    const giveBack = (): Promise<void> => store.takeBack(key)
    if (!isFull) return { left: Infinity, room: 1 - (count - 1) / limit, giveBack }
    await giveBack()
    return Math.ceil((period + (before > 0 ? 1 : 2)) * seconds - now)
  }

  /** @param lane who shares the ceiling; each lane has the whole of it */
  return (lane: string) => windows.map((window) => () => takeOne(window, lane))
}
