import type { LimitStore } from './store.js'
import { IN_FLIGHT_SECONDS, reserveInQueue, type Memory, type Reservation } from './tries.js'

interface SharedTriesRules {
  /** Failures before waits begin. */
  free: number
  /** Seconds of the wait after each further failure; the last one repeats. */
  waits: readonly number[]
  memory: Memory
}

/**
 * Counts the failures of many people together, for example of everybody behind one address.
 *
 * Failures and undecided tries are counted apart. Both together may be as many as there are failures allowed, so that a
 * burst gets no more tries than a queue would. A success takes nothing away, resets nothing and blocks nobody; only when
 * few failures are left do concurrent tries wait for each other.
 */
export function createSharedTries (store: LimitStore, { free, waits, memory }: SharedTriesRules) {
  const failuresOf = (key: string): string => `${key}:failures`
  const undecidedOf = (key: string): string => `${key}:tries`
  const waitOf = (key: string): string => `${key}:wait`

  async function count (key: string): Promise<number> {
    const { count: failures } = await store.add(failuresOf(key), memory.each, memory.most)
    if (failures < free) return 0
    const wait = waits[Math.min(failures - free, waits.length - 1)]!
    await store.put(waitOf(key), 1, wait)
    return wait
  }

  async function reserveNow (key: string): Promise<Reservation | number> {
    const { count: undecided } = await store.add(undecidedOf(key), IN_FLIGHT_SECONDS)
    const giveBack = (): Promise<void> => store.takeBack(undecidedOf(key))
    // Read after counting: whatever is decided meanwhile is counted twice rather than not at all.
    const [failures, wait] = await Promise.all([store.count(failuresOf(key)), store.get(waitOf(key))])
    if (wait !== undefined || undecided > Math.max(1, free - failures)) {
      await giveBack()
      return wait === undefined ? 0 : Math.ceil(wait.waitMs / 1000)
    }
    return {
      succeed: giveBack,
      giveBack,
      async fail () {
        const seconds = await count(key)
        await giveBack()
        return seconds
      }
    }
  }

  return {
    /**
     * Counts a try before it is made.
     *
     * @returns the seconds to wait if no try is left
     */
    reserve: (key: string): Promise<Reservation | number> => reserveInQueue(() => reserveNow(key)),

    /** Counts a failure that was not reserved. Resolves with the seconds that others have to wait now. */
    count
  }
}
