import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { SpanKind } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createServer } from '../../src/server.js'
import { testCore } from '../helper.js'
import { visit } from '../hosted-pages/visit.js'
import { outline, record } from './recorder.js'

const recorded = record(t)

const FOREIGN = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${FOREIGN}-00f067aa0ba902b7-01`

/** The service as the command runs it. */
async function server (t: Test, env: Record<string, string> = {}, more: (app: FastifyInstance) => void = () => {}) {
  const lines: string[] = []
  const { options } = await testCore()
  const config = loadConfig({ MAX_EVENT_LOOP_DELAY: '0', API_DOMAIN: 'http://localhost:3000', WEBSITE_DOMAIN: 'http://localhost:3000', HOSTED_PAGES: 'true', ...env })
  const app = createServer({ ...config, options: { ...config.options, ...options } }, { stream: { write: (line) => { lines.push(line) } } })
  more(app)
  t.teardown(() => app.close())
  await app.ready()
  recorded.reset()
  return { app, lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

t.test('each request has a span of its own, without addresses and queries', async (t) => {
  const { app, lines } = await server(t)
  await app.inject({ url: '/health?token=secret-of-a-link', remoteAddress: '192.0.2.77', headers: { host: 'made-up.example' } })
  await app.inject('/no/such/path/of-mallory')
  const [health, unknown] = recorded.spans()
  t.match(health, { name: 'GET /health', kind: SpanKind.SERVER, attributes: { 'http.request.method': 'GET', 'http.route': '/health', 'url.path': '/health', 'url.scheme': 'http', 'http.response.status_code': 200 } })
  t.match(unknown, { name: 'GET', attributes: { 'http.response.status_code': 404 } })
  t.notMatch(JSON.stringify(recorded.spans().map(({ name, attributes }) => [name, attributes])), /secret|192\.0\.2|made-up|mallory/)
  t.match(lines().filter(({ trace_id: id }) => id === unknown?.spanContext().traceId).map(({ msg }) => msg), [/^GET \/no\/such\/path\/of-mallory 404 in /])
})

t.test('a page and what it calls are one tree', async (t) => {
  const { app } = await server(t)
  const person = visit(app)
  await person.open('/auth')
  recorded.reset()
  await person.press('Sign in', { email: 'a@example.com', password: 'not the password 1' })
  t.strictSame(outline(recorded.roots()).slice(0, 3), ['POST /auth', ' page.call POST /signin', '  first_factor.sign_in'])
  t.equal(recorded.roots().length, 1)
})

t.test('a stranger joins no trace, and has nothing sampled', async (t) => {
  for (const env of [{}, { TRUST_PROXY: 'loopback' }, { TRUST_PROXY: '10.0.0.0/8', TRUST_TRACEPARENT: 'true' }]) {
    const { app } = await server(t, env)
    await app.inject({ url: '/health', headers: { traceparent } })
    t.not(recorded.spans()[0]?.spanContext().traceId, FOREIGN, JSON.stringify(env))
  }
})

t.test('the trace of a proxy that is trusted with it is continued, unless it is none', async (t) => {
  const { app } = await server(t, { TRUST_PROXY: 'loopback', TRUST_TRACEPARENT: 'true' })
  await app.inject({ url: '/health', headers: { traceparent, baggage: 'user=alice' } })
  t.match(recorded.spans()[0], { parentSpanContext: { spanId: '00f067aa0ba902b7' } })
  t.equal(recorded.spans()[0]?.spanContext().traceId, FOREIGN)
  for (const broken of ['', '00', `00-${FOREIGN}`, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `${traceparent}\n${traceparent}`, 'x'.repeat(5000)]) {
    recorded.reset()
    const { statusCode } = await app.inject({ url: '/health', headers: { traceparent: broken } })
    t.equal(statusCode, 200)
    t.not(recorded.spans()[0]?.spanContext().traceId, FOREIGN)
  }
})

t.test('requests on one connection are traces of their own', async (t) => {
  const { app } = await server(t)
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const body = JSON.stringify({ formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: 'not the password 1' }] })
  const signIn = `POST /auth/signin HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const socket = connect(port, '127.0.0.1')
  socket.write(signIn + signIn + 'GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
  t.same(recorded.roots().map(({ name }) => name).sort(), ['GET /health', 'POST /auth/signin', 'POST /auth/signin'])
})

t.test('over sockets: a body that comes late is in the same tree, and a client that goes away ends its span', async (t) => {
  let arrived = (): void => {}
  const { app } = await server(t, {}, (scope) => {
    scope.get('/waits', { config: { secondFactor: false } }, async () => {
      arrived()
      await new Promise(() => {})
    })
  })
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const body = JSON.stringify({ formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: 'not the password 1' }] })
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST /auth/signin HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body.slice(0, 10)}`)
  await once(app.server, 'request')
  socket.write(body.slice(10))
  socket.resume()
  await once(socket, 'close')
  t.strictSame(outline(recorded.roots()).slice(0, 2), ['POST /auth/signin', ' first_factor.sign_in'])
  recorded.reset()
  const impatient = connect(port, '127.0.0.1')
  const waiting = new Promise<void>((resolve) => { arrived = resolve })
  impatient.write('GET /waits HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await waiting
  impatient.destroy()
  await once(impatient, 'close')
  for (let turns = 0; turns < 1000 && recorded.spans().length === 0; turns++) await new Promise(setImmediate)
  t.match(recorded.spans(), [{ name: 'GET /waits', attributes: { 'error.type': 'aborted' } }])
})

t.test('attack: whoever reads traces learns no addresses and numbers from paths', async (t) => {
  const key = 'k0123456789'.repeat(4)
  const { app } = await server(t, { ADMIN_KEYS: `ops:admin:${key}` })
  const headers = { authorization: `Bearer ${key}` }
  await app.inject({ url: '/admin/v1/users/alice@example.com', headers })
  await app.inject({ url: '/admin/v1/of/+4915112345678', headers })
  t.notMatch(JSON.stringify(recorded.spans().map(({ name, attributes }) => [name, attributes])), /alice|4915112345678/)
  t.ok(recorded.spans().some(({ name }) => name === 'GET /admin/v1/users/:id'))
})
