import type { LimitStore } from './store.js'

/** So many within so many seconds, wherever the seconds begin. */
export interface Window {
  key: string
  limit: number
  seconds: number
}

export interface Taken {
  /** How many are left. */
  left: number
  giveBack (): Promise<void>
}

/**
 * Windows that slide: one slot for each that is allowed, taken for the length of the window. Counters over fixed windows would allow
 * twice the number across their boundary. Whoever adds the first one to a slot has it, so parallel requests never share one.
 *
 * @returns what was taken, or the seconds until a slot is free
 */
export async function takeSlot (store: LimitStore, { key, limit, seconds }: Window): Promise<Taken | number> {
  const names = Array.from({ length: limit }, (_, index) => `${key}:${index}`)
  let waitMs = Infinity
  for (const [index, name] of names.entries()) {
    const added = await store.add(name, seconds)
    if (added.count === 1) {
      const others = await Promise.all(names.slice(index + 1).map((other) => store.get(other)))
      return { left: others.filter((other) => other === undefined).length, giveBack: () => store.delete(name) }
    }
    waitMs = Math.min(waitMs, added.waitMs)
  }
  return Math.ceil(waitMs / 1000)
}

/**
 * Takes one of a fixed window: one counter, for numbers that are too large for slots.
 *
 * @returns what was taken, or the seconds until the window is over
 */
export async function takeCount (store: LimitStore, { key, limit, seconds }: Window): Promise<Taken | number> {
  const { count, waitMs } = await store.add(key, seconds)
  return count > limit ? Math.ceil(waitMs / 1000) : { left: limit - count, giveBack: () => store.takeBack(key) }
}

/**
 * Takes one of each, or none: what was taken before one refused is given back.
 *
 * @returns what was taken, with the least that is left, or the seconds to wait
 */
export async function takeAll (takes: Array<() => Promise<Taken | number>>): Promise<Taken | number> {
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
  return { left: Math.min(...taken.map(({ left }) => left)), giveBack }
}
