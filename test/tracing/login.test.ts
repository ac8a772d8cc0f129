import { trace } from '@opentelemetry/api'
import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { flat, outline, record } from './recorder.js'

const recorded = record(t)

t.test('outline', async (t) => {
  const app = await build(t, { core: { embedded: {} } }, { logger: { level: 'error' } })
  const tracer = trace.getTracer('test')
  await tracer.startActiveSpan('request', async (span) => {
    await signInWithSecondFactor(app)
    span.end()
  })
  console.error(outline(recorded.roots()).join('\n'))
  console.error(JSON.stringify(flat(recorded.roots()).map(({ children, ...one }) => one), null, 1).slice(0, 6000))
})
