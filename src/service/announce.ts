import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { inWords, missing } from '../outage/readiness.js'

/** How often it is looked whether everything is there. */
const LOOK_MS = 1000
/** How often the log says what is awaited. */
const SAY_MS = 5000
/** The same once it runs: without requests, nothing else would notice that the Core has gone. */
const WATCH_MS = 5000
const REPEAT_MS = 60_000

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

/** Says in the log when something that requests need is lost, once a minute while that lasts, and when all is back. */
export async function watchReadiness (app: FastifyInstance, signal: AbortSignal, { elapsed, pause }: Clock = SYSTEM): Promise<void> {
  let lost: { since: number, saidAt: number, reasons: string } | undefined
  for (;;) {
    try {
      await pause(WATCH_MS, signal)
    } catch {
      return
    }
    const [reasons, now] = [await missing(app), elapsed()]
    if (signal.aborted) return
    const seconds = lost === undefined ? 0 : Math.round((now - lost.since) / 1000)
    if (reasons.length === 0) {
      if (lost !== undefined) app.log.info({ seconds }, 'ready again')
      lost = undefined
    } else if (lost === undefined || lost.reasons !== reasons.join() || now - lost.saidAt >= REPEAT_MS) {
      lost = { since: lost?.since ?? now, saidAt: now, reasons: reasons.join() }
      app.log.warn({ reasons, seconds }, `not ready any more: ${reasons.map((reason) => inWords(reason, app)).join('; ')}`)
    }
  }
}
