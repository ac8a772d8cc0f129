import { context, ROOT_CONTEXT, trace, TraceFlags, type Context } from '@opentelemetry/api'
import t from 'tap'
import { createInstruments } from '../../src/metrics/instruments.js'
import { loadTraceId } from '../../src/metrics/trace.js'
import { build } from '../helper.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const OPEN_METRICS = 'application/openmetrics-text'

/** What an SDK of OpenTelemetry registers: here, always the same span. */
function register (t: { teardown (end: () => void): void }, traceFlags: TraceFlags): void {
  const active: Context = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: 'b7ad6b7169203331', traceFlags })
  const call = (_context: Context, work: (...args: unknown[]) => unknown, self: unknown, ...args: unknown[]): unknown => work.apply(self, args)
  context.setGlobalContextManager({ active: () => active, with: call as never, bind: (_context, target) => target, enable () { return this }, disable () { return this } })
  t.teardown(() => { context.disable() })
}

t.test('without an SDK, samples name no trace', async (t) => {
  t.equal((await loadTraceId())(), undefined)
})

t.test('where a trace is recorded, samples name it, for those who ask for OpenMetrics', async (t) => {
  register(t, TraceFlags.SAMPLED)
  const app = await build(t, { metrics: { routes: 'all' } })
  await app.inject('/health')
  app.twoFactor.metrics!.firstFactor('password', false, 'failed')
  const { body } = await app.twoFactor.metrics!.text(OPEN_METRICS)
  t.match(body, new RegExp(`^fastify_2fa_http_request_duration_seconds_bucket\\{le="[0-9.+Inf]+",method="GET",route="/health",status="2xx"\\} 1 # \\{trace_id="${TRACE}"\\} \\S+ \\S+$`, 'm'))
  t.match(body, new RegExp(`^fastify_2fa_sign_ins_total\\{factor="password",outcome="failed"\\} 1 # \\{trace_id="${TRACE}"\\} 1 \\S+$`, 'm'))
  t.notMatch((await app.twoFactor.metrics!.text(undefined)).body, TRACE)
})

t.test('a trace that nobody keeps is not named', async (t) => {
  register(t, TraceFlags.NONE)
  t.equal((await loadTraceId())(), undefined)
})

t.test('requests are counted into the first bucket that holds them', async (t) => {
  const { ofRoute, text } = await createInstruments(() => undefined)
  const observe = ofRoute('/a')
  for (const seconds of [0.001, 0.004, 0.3, 60]) observe('GET', 200, seconds)
  observe('POST', 503, 0.02)
  const { body } = await text(undefined)
  const bucket = (le: string) => new RegExp(`_bucket\\{le="${le.replace('+', '\\+')}",method="GET",route="/a",status="2xx"\\} (\\d+)`).exec(body)?.[1]
  t.same(['0.001', '0.005', '0.25', '0.5', '10', '+Inf'].map(bucket), ['1', '2', '2', '3', '3', '4'])
  t.match(body, /^fastify_2fa_http_request_duration_seconds_sum\{method="GET",route="\/a",status="2xx"\} 60\.305$/m)
  t.match(body, /^fastify_2fa_http_request_duration_seconds_count\{method="POST",route="\/a",status="5xx"\} 1$/m)
})
