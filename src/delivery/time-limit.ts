import { clearTimeout, setTimeout } from 'node:timers'
import { failure } from './failures.js'

/** Settles with `work`, or rejects after `timeout`: a sender that hangs must not hang a sign-in. */
export async function within (timeout: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(failure('ETIMEDOUT'), { code: 'ETIMEDOUT' })
      // Reject before aborting, so that the time-out is the outcome whatever error the sender throws on abort.
      reject(error)
      controller.abort(error)
    }, timeout)
  })
  try {
    await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
