import { request, type IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { signUp } from '../../src/testing/index.js'
import { startHttpServer } from '../delivery/sms/helper.js'
import { build } from '../helper.js'
import { flat, inRequest, record } from './recorder.js'

const recorded = record(t)

const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
t.teardown(() => core.close())

let isDown = false
/** A Core on the network, which says what it hears. */
const relay = await startHttpServer(t, (response, { method, url, headers, body }) => {
  if (isDown) {
    response.writeHead(503).end('down')
    return
  }
  const sent = request(core.connectionURI + url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(response)
  })
  sent.end(body)
})
const provider = await startHttpServer(t, (response) => response.writeHead(204).end())

const options = {
  core: { connectionURI: relay.url, apiKey: String(core.apiKey) },
  sms: { provider: 'webhook', url: provider.url, secret: 'a-secret-of-the-webhook' },
  limits: false
} as const

const traceOf = ({ traceparent }: IncomingHttpHeaders) => String(traceparent).split('-')

t.test('a Core elsewhere can continue the trace and knows the request; a provider of messages knows the request only', async (t) => {
  const app = await build(t, { ...options, sms: { ...options.sms } }, { genReqId: () => 'req-of-host' })
  const user = await inRequest(recorded, async () => {
    relay.requests.length = 0
    return await signUp(app)
  })
  const spans = recorded.spans().filter(({ name }) => /^(GET|POST|PUT) \//.test(name))
  t.equal(relay.requests.length, spans.length)
  const { traceId } = spans[0]!.spanContext()
  for (const { headers } of relay.requests) {
    const [version, trace, span, flags] = traceOf(headers)
    t.strictSame([version, trace, flags], ['00', traceId, '01'])
    t.ok(spans.some((one) => one.spanContext().spanId === span))
    t.equal(headers['x-request-id'], 'req-of-host')
  }
  const { hostname, port } = new URL(relay.url)
  for (const span of flat(recorded.roots()).filter(({ name }) => /^(GET|POST|PUT) \//.test(name))) {
    t.match(span, { kind: 'CLIENT', attributes: { 'server.address': hostname, 'server.port': Number(port), 'http.response.status_code': 200 } })
  }
  await inRequest(recorded, () => user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } }))
  t.match(provider.requests.at(-1)?.headers, { 'x-request-id': 'req-of-host' })
  t.notOk('traceparent' in provider.requests.at(-1)!.headers)
})

t.test('a provider is told the trace where the app wants that', async (t) => {
  const app = await build(t, { ...options, traceSenders: true })
  const user = await signUp(app)
  await inRequest(recorded, () => user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } }))
  const sent = recorded.spans().find(({ name }) => name === 'sms.send')!.spanContext()
  t.same(traceOf(provider.requests.at(-1)!.headers).slice(1, 3), [sent.traceId, sent.spanId])
})

t.test('a Core that is down is a failure of the call and of the step', async (t) => {
  t.teardown(() => { isDown = false })
  const app = await build(t, options)
  isDown = true
  const payload = { formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: 'not the password 1' }] }
  await inRequest(recorded, () => app.inject({ method: 'POST', url: '/auth/signin', payload }))
  const failed = flat(recorded.roots()).filter((span) => span.failed)
  t.match(failed.map(({ name, attributes }) => [name, attributes['error.type']]), [['first_factor.sign_in', /^AUTH_|^Error$/], [/^(GET|POST) \//, 'AUTH_CORE_UNAVAILABLE']])
})
