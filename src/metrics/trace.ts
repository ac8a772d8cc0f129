import { isSdkRegistered } from '../tracing/opentelemetry.js'

/** Names the trace that is being recorded; undefined if there is none. */
export type TraceId = () => string | undefined

const NONE: TraceId = () => undefined

/** Reads traces from an SDK of OpenTelemetry, if one is registered before the app is built. */
export async function loadTraceId (): Promise<TraceId> {
  if (!isSdkRegistered()) return NONE
  const api = await import('@opentelemetry/api').catch(() => undefined)
  if (api === undefined) return NONE
  return () => {
    const context = api.trace.getActiveSpan()?.spanContext()
    // An exemplar that leads to a trace which nobody keeps is of no use.
    const isKept = context !== undefined && api.isSpanContextValid(context) && (context.traceFlags & api.TraceFlags.SAMPLED) !== 0
    return isKept ? context.traceId : undefined
  }
}
