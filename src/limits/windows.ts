import { inDecision } from '../tracing/steps.js'
import type { LimitStore } from './store.js'

/** At most `limit` events in any period of `seconds`. */
export interface Window {
  key: string
  limit: number
  seconds: number
}

export interface Taken {
  /** How many more are allowed. */
  left: number
  /** The part that was free before, for what many share. One and more is all of it. */
  room?: number
  giveBack (): Promise<void>
}

/**
 * Takes a slot in a sliding window. Each allowed event has its own slot, held for the length of the window; a counter
 * over a fixed window would allow twice the number across its boundary. Only one request can take a slot, so parallel
 * ones never share it.
 *
 * @returns the taken slot, or the seconds until one is free
 */
export async function takeSlot (store: LimitStore, { key, limit, seconds }: Window): Promise<Taken | number> {
  const names = Array.from({ length: limit }, (_, index) => `${key}:${index}`)
  let waitMs = Infinity
  for (const [index, name] of names.entries()) {
    const busyMs = await store.take(name, seconds)
    if (busyMs === 0) {
      const others = await Promise.all(names.slice(index + 1).map((other) => store.get(other)))
      return { left: others.filter((other) => other === undefined).length, giveBack: () => store.delete(name) }
    }
    waitMs = Math.min(waitMs, busyMs)
  }
  return Math.ceil(waitMs / 1000)
}

/** The least time that an event is remembered for. */
const MINUTE = 60

/**
 * Counts one event in a fixed window. It needs a single counter, for limits too large for slots, and for what strangers
 * can do under any name: the window is as long as the number of events in it needs, so one event is forgotten soon.
 *
 * @returns the taken slot, or the seconds until the window ends
 */
export async function takeCount (store: LimitStore, { key, limit, seconds }: Window): Promise<Taken | number> {
  const each = Math.min(seconds, Math.max(MINUTE, seconds / limit))
  const { count, waitMs } = await store.add(key, each, seconds)
  return count > limit ? Math.ceil(waitMs / 1000) : { left: limit - count, giveBack: () => store.takeBack(key) }
}

/**
 * Takes one of each, or none: if one refuses, those already taken are given back.
 *
 * @returns what was taken, with the smallest number left and the smallest part that was free, or the seconds to wait
 */
export function takeAll (takes: Array<() => Promise<Taken | number>>): Promise<Required<Taken> | number> {
  return inDecision('limits.windows', () => takeEach(takes))
}

async function takeEach (takes: Array<() => Promise<Taken | number>>): Promise<Required<Taken> | number> {
  const taken: Taken[] = []
  const giveBack = async (): Promise<void> => { await Promise.all(taken.map((one) => one.giveBack())) }
  for (const take of takes) {
    const result = await take()
    if (typeof result === 'number') {
      await giveBack()
      return result
    }
    taken.push(result)
  }
  return { left: Math.min(...taken.map(({ left }) => left)), room: Math.min(...taken.map(({ room = 1 }) => room)), giveBack }
}

/**
 * Takes all of `shared` or, where that refuses, all of `kept`: the part of owners, which strangers cannot use up. If
 * both refuse, the wait is that of `shared`, so that nobody learns more than without the other.
 */
export async function takeEither (shared: Array<() => Promise<Taken | number>>, kept: Array<() => Promise<Taken | number>>): Promise<Taken | number> {
  const taken = await takeAll(shared)
  if (typeof taken !== 'number') return taken
  const own = await takeAll(kept)
  return typeof own === 'number' ? taken : own
}
