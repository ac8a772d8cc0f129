import { mock } from 'node:test'

/**
 * Stops `Date` for the rest of a test file; timers and sockets go on. Everything here runs in one process, the Core included. Never back:
 * tokens and keys of the Core would be from the future.
 */
export function stopClock () {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  return {
    /** Lets so many seconds pass. */
    pass (seconds: number): void {
      mock.timers.setTime(Date.now() + seconds * 1000)
    }
  }
}
