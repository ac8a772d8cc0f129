import { setTimeout } from 'node:timers/promises'

/** What waits and estimates go by. Tests pass a clock of their own, in which five minutes take no time. */
export interface Clock {
  /** In milliseconds. */
  now (): number
  sleep (milliseconds: number): Promise<unknown>
}

export const systemClock: Clock = { now: () => Date.now(), sleep: (milliseconds) => setTimeout(milliseconds) }
