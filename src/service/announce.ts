import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { inWords, missing } from '../outage/readiness.js'

/** How often it is looked whether everything is there. */
const LOOK_MS = 1000
/** How often the log says what is awaited. */
const SAY_MS = 5000

interface Clock {
  /** A clock that only runs forward, in milliseconds. */
  elapsed (): number
  /** Rejects once the signal is aborted. */
  pause (milliseconds: number, signal: AbortSignal): Promise<unknown>
}

const SYSTEM: Clock = {
  elapsed: () => performance.now(),
  pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal })
}

/**
 * Resolves when the Core and all else that requests need are there, and says meanwhile what is awaited: whoever starts the
 * service with a wrong address should not be told that it is ready.
 *
 * @returns false if the signal was aborted before
 */
export async function waitForAll (app: FastifyInstance, signal: AbortSignal, { elapsed, pause }: Clock = SYSTEM): Promise<boolean> {
  const start = elapsed()
  let saidAt = -Infinity
  let said = ''
  for (;;) {
    const reasons = await missing(app)
    if (signal.aborted) return false
    if (reasons.length === 0) return true
    if (elapsed() - saidAt >= SAY_MS || said !== reasons.join()) {
      saidAt = elapsed()
      said = reasons.join()
      app.log.warn({ reasons, seconds: Math.round((elapsed() - start) / 1000) }, `not ready: ${reasons.map((reason) => inWords(reason, app)).join('; ')}`)
    }
    try {
      await pause(LOOK_MS, signal)
    } catch {
      return false
    }
  }
}
