import { setTimeout as sleep } from 'node:timers/promises'
import type * as OpenTelemetry from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'

/** Under this name, copies of OpenTelemetry's API (1.x) find what an SDK has registered. Without an SDK there is none. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/** Whether an SDK of OpenTelemetry is there. */
export const isSdkRegistered = (): boolean => REGISTERED in globalThis

/** Undefined without an SDK. There is one per process, as there is one SDK. */
let api: typeof OpenTelemetry | undefined

/**
 * Turns traces on if an SDK of OpenTelemetry is registered. One has to be before the app is built, which is OpenTelemetry's
 * own rule as well. Without one, not even its API is loaded.
 *
 * @returns whether they are on
 */
export async function startTracing (log: Pick<FastifyBaseLogger, 'warn'>): Promise<boolean> {
  if (api !== undefined || !isSdkRegistered()) return api !== undefined
  try {
    api = await import('@opentelemetry/api')
  } catch (err) {
    // An app must not fail to start because of it: it may have its SDK for something else.
    log.warn({ err }, 'no traces of sign-ins: an SDK of OpenTelemetry is registered, but @opentelemetry/api is not installed beside fastify-2fa')
  }
  return api !== undefined
}

/** OpenTelemetry's API; undefined where nothing is traced. */
export function openTelemetry (): typeof OpenTelemetry | undefined {
  return api
}

/** What OpenTelemetry's SDK has besides its API. */
interface Flushing { getDelegate?: () => { forceFlush?: () => Promise<void> } }

/** Has the SDK send what it still holds, before the process ends. Waits no longer than this, and never throws. */
export async function flushTraces (milliseconds = 2000): Promise<void> {
  const flushed = (api?.trace.getTracerProvider() as Flushing | undefined)?.getDelegate?.().forceFlush?.()
  await Promise.race([flushed?.catch(() => {}), sleep(milliseconds, undefined, { ref: false })])
}

/** The trace that is being written, whether it is sampled or not; undefined without an SDK, and outside of requests. */
export function activeTraceId (): string | undefined {
  const context = api?.trace.getActiveSpan()?.spanContext()
  return context !== undefined && api!.isSpanContextValid(context) ? context.traceId : undefined
}
