import { setTimeout } from 'node:timers'

/** Runs a function once, after a number of milliseconds of the monotonic clock, and keeps no process running. */
export function afterUnref (milliseconds: number, run: () => void): void {
  setTimeout(run, milliseconds).unref()
}
