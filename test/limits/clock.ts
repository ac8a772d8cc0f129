import { mock } from 'node:test'
import t from 'tap'

/**
 * Stops `Date` for the rest of a test file, and with it the time limits of calls to the Core: on a busy machine they would
 * run out while the clock stands still, and the circuit that they open would never close again. Timers and sockets go on.
 * Everything here runs in one process, the Core included. The clock never goes back: tokens and keys of the Core would be
 * from the future.
 */
export function stopClock () {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const { timeout } = AbortSignal
  // Not with mock.method, which keeps the stack of every call, and with it every app.
  AbortSignal.timeout = () => new AbortController().signal
  t.teardown(() => {
    mock.timers.reset()
    AbortSignal.timeout = timeout
  })
  return {
    /** Lets so many seconds pass. */
    pass (seconds: number): void {
      mock.timers.setTime(Date.now() + seconds * 1000)
    }
  }
}
