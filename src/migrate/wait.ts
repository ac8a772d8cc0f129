import type { Clock } from './clock.js'
import { bodyOf, type CoreClient } from './core-client.js'
import { createEstimate } from './estimate.js'

const FIRST_POLL_MS = 100
const LAST_POLL_MS = 1000

/** The queue has imported nobody for too long. */
export interface Stall {
  waiting: number
  /** Users whom it has refused meanwhile. */
  refused: number
}

/**
 * Waits until the Core's queue is empty. The real Core checks its queue every five minutes and then works it off.
 * `patience` is in milliseconds. Refusals do not count as progress: one user per run would be refused for days.
 */
export async function waitForQueue (core: CoreClient, clock: Clock, patience: number, onProgress: (waiting: number, secondsLeft?: number) => void): Promise<Stall | undefined> {
  const count = async (status?: string) => bodyOf<{ count: number }>(await core('GET', `/bulk-import/users/count${status === undefined ? '' : `?status=${status}`}`)).count
  const estimate = createEstimate(clock.now)
  let least = { all: Infinity, waiting: Infinity }
  let since = clock.now()
  for (let delay = FIRST_POLL_MS; ; delay = Math.min(delay * 1.5, LAST_POLL_MS)) {
    // In this order, a user who moves from NEW to PROCESSING between the two is counted twice, not missed.
    const waiting = await count('NEW') + await count('PROCESSING')
    onProgress(waiting, estimate(waiting))
    if (waiting === 0) return undefined
    // Imported users leave the queue, refused ones stay in it.
    const all = await count()
    if (all < least.all) {
      least = { all, waiting }
      since = clock.now()
    } else if (clock.now() - since >= patience) {
      return { waiting, refused: Math.max(least.waiting - waiting, 0) }
    }
    await clock.sleep(delay)
  }
}
