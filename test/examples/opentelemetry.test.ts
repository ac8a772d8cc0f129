import { createServer } from 'node:http'
import t from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { createClient, isOk } from '../faults/client.js'
import { listen } from '../flows/social-login/listen.js'
import { startIn } from './process.js'

interface Span { name: string, traceId: string, spanId: string, parentSpanId?: string, attributes: { key: string, value: object }[] }
interface Batch { resourceSpans: { resource: { attributes: object[] }, scopeSpans: { spans: Span[] }[] }[] }

t.test('the service sends whole traces to a collector, the last ones when it closes', async (t) => {
  const batches: Batch[] = []
  const collector = await listen(t, createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => {
      batches.push(JSON.parse(text) as Batch)
      response.end('{}')
    })
  }))
  const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const service = await startIn(t, 'opentelemetry', ['--import', './otel.mjs', '../../dist/src/cli.js'], {
    SUPERTOKENS_CONNECTION_URI: core.connectionURI,
    SUPERTOKENS_API_KEY: String(core.apiKey),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_SERVICE_NAME: 'auth',
    MAX_EVENT_LOOP_DELAY: '0',
    LOG_LEVEL: 'info'
  })
  t.ok(isOk(await createClient(service.address).signUp()))
  t.equal(await service.stop(), 0)
  const spans = batches.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
  const named = (name: string) => spans.find((span) => span.name === name)
  const [request, step, call] = ['POST /auth/signup', 'first_factor.sign_up', 'POST /recipe/signup'].map(named)
  t.equal(step?.parentSpanId, request?.spanId)
  t.equal(call?.parentSpanId, step?.spanId)
  t.equal(new Set([request, step, call].map((span) => span?.traceId)).size, 1)
  t.match(batches[0]?.resourceSpans[0]?.resource.attributes, [{ key: 'service.name', value: { stringValue: 'auth' } }])
  t.notMatch(JSON.stringify(batches), /@example|correct horse/)
})
