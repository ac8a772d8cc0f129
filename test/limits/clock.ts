import { mock } from 'node:test'
import type { Test } from 'tap'

/** Stops `Date` for a test; timers and sockets go on. Everything here runs in one process, the Core included. */
export function stopClock (t: Test, now = Date.now()) {
  mock.timers.enable({ apis: ['Date'], now })
  t.teardown(() => { mock.timers.reset() })
  return {
    /** Lets so many seconds pass. */
    pass (seconds: number): void {
      mock.timers.setTime(Date.now() + seconds * 1000)
    }
  }
}
