import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from '../root.js'

/** Builds an app in a process of its own, signs somebody in, and says which packages of OpenTelemetry are loaded. */
const script = (before: string) => `
  ${before}
  import { Module } from 'node:module'
  import { subscribe } from 'node:diagnostics_channel'
  const { fastify2fa, AUDIT_CHANNEL } = await import('./dist/src/index.js')
  const { startTestCore, signInWithSecondFactor } = await import('./dist/src/testing/index.js')
  const { activeTraceId } = await import('./dist/src/tracing/opentelemetry.js')
  const { default: Fastify } = await import('fastify')
  const events = []
  subscribe(AUDIT_CHANNEL, (event) => { events.push(event) })
  const core = await startTestCore()
  const app = Fastify({ logger: false })
  await app.register(fastify2fa, core.options)
  await signInWithSecondFactor(app)
  console.log(JSON.stringify({
    loaded: Object.keys(Module._cache).some((file) => file.includes('@opentelemetry')),
    traced: events.filter((event) => 'traceId' in event).length,
    events: events.length,
    active: activeTraceId()
  }))
  await app.close()
  await core.close()`

async function run (before?: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=./dist/test/rsa-pool.js', '--import=./dist/test/quick-hashes.js', '--input-type=module', '-e', script(before ?? '')], { cwd: pathTo('.'), timeout: 120_000 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

t.test('without an SDK nothing of OpenTelemetry is loaded, and no event has a trace', async (t) => {
  t.same(await run(), { loaded: false, traced: 0, events: 4 })
})

t.test('with one, each event has the trace of its step', async (t) => {
  const sdk = "import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'; new NodeTracerProvider().register()"
  t.same(await run(sdk), { loaded: true, traced: 4, events: 4 })
})
