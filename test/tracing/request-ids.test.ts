import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import type { AuditEvent } from '../../src/index.js'
import { loadConfig } from '../../src/config/load.js'
import { createServer } from '../../src/server.js'
import { createTestSession, requestCode, signUp } from '../../src/testing/index.js'
import { eventsOf } from '../audit/record.js'
import { testCore } from '../helper.js'
import { visit } from '../hosted-pages/visit.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

type Line = Record<string, unknown> & { reqId?: string, msg: string, audit?: AuditEvent }

async function configured (env: Record<string, string> = {}) {
  const { options } = await testCore()
  const config = loadConfig({ PORT: '0', MAX_EVENT_LOOP_DELAY: '0', API_DOMAIN: 'http://localhost:3000', WEBSITE_DOMAIN: 'http://localhost:3000', LOG_LEVEL: 'info', HOSTED_PAGES: 'true', ...env })
  return { ...config, options: { ...config.options, ...options } }
}

/** The service as the command runs it. */
async function server (t: Test, env: Record<string, string> = {}) {
  const lines: string[] = []
  const app = createServer(await configured(env), { stream: { write: (line) => { lines.push(line) } } })
  t.teardown(() => app.close())
  await app.ready()
  return { app, lines, parsed: () => lines.map((line) => JSON.parse(line) as Line) }
}

const wrongSignIn = { method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: 'not the password 1' }] } } as const

t.test('every answer has an id, which nobody can guess, and every line of the log and every audit event of the request has the same', async (t) => {
  const { app, parsed } = await server(t)
  const ids = new Set<string>()
  for (const url of ['/health', '/me', '/no/such/path', '/%', '/auth/mfa/info']) {
    const id = String((await app.inject(url)).headers['x-request-id'])
    t.match(id, UUID, url)
    ids.add(id)
  }
  t.equal(ids.size, 5)
  let id = ''
  const events = await eventsOf(async () => { id = String((await app.inject(wrongSignIn)).headers['x-request-id']) })
  t.match(events, [{ type: 'first-factor.failed', requestId: id }])
  const ofRequest = parsed().filter(({ reqId }) => reqId === id)
  t.match(ofRequest.map(({ msg }) => msg), ['first-factor.failed', /^POST \/auth\/signin 200 in /])
  t.same(parsed().filter(({ audit, reqId }) => audit !== undefined && reqId === undefined), [])
})

t.test('a client that is no trusted proxy chooses no id', async (t) => {
  for (const [env, remoteAddress] of [[{}, '127.0.0.1'], [{ TRUST_PROXY: '10.0.0.0/8' }, '127.0.0.1'], [{ TRUST_PROXY: '10.0.0.0/8' }, '192.0.2.7']] as const) {
    const { app, lines } = await server(t, env)
    const { headers } = await app.inject({ url: '/health', remoteAddress, headers: { 'x-request-id': 'chosen-by-mallory', 'x-forwarded-for': '10.0.0.1' } })
    t.match(headers['x-request-id'], UUID)
    t.notMatch(lines.join(''), 'chosen-by-mallory')
  }
})

t.test('the id of a trusted proxy is kept, up to 128 characters', async (t) => {
  const { app } = await server(t, { TRUST_PROXY: '10.0.0.0/8,loopback' })
  for (const id of ['req-1', 'A.b_c-9', 'x'.repeat(128)]) {
    const answer = await app.inject({ url: '/health', remoteAddress: '::ffff:10.1.2.3', headers: { 'x-request-id': id } })
    t.equal(answer.headers['x-request-id'], id)
  }
})

t.test('through a trusted proxy, nobody writes lines, colours or pages of their own into the log', async (t) => {
  const { app, lines } = await server(t, { TRUST_PROXY: 'true' })
  const attacks = ['', 'a b', 'a\tb', 'a"b', 'a,b', '{"level":60}', '\u001b[31mred', 'x\nlevel=fatal', 'x\r\n{"level":60}', 'ümlaut', 'x'.repeat(129), 'x'.repeat(7000), '../../etc/passwd', '<script>']
  for (const id of attacks) {
    lines.length = 0
    const { headers } = await app.inject({ url: '/health', headers: { 'x-request-id': id } })
    t.match(headers['x-request-id'], UUID, JSON.stringify(id.slice(0, 40)))
    if (id !== '') t.notOk(lines.some((line) => line.includes(JSON.stringify(id).slice(1, -1))))
    t.ok(lines.every((line) => line.endsWith('\n') && !line.slice(0, -1).includes('\n') && line.length < 1000))
  }
})

t.test('two headers are none, also over a socket', async (t) => {
  const { app } = await server(t, { TRUST_PROXY: 'loopback' })
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = async (head: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    socket.end(`GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${head}\r\n\r\n`)
    let text = ''
    socket.setEncoding('latin1').on('data', (part: string) => { text += part })
    await once(socket, 'close')
    return /^x-request-id: (.*)$/mi.exec(text)?.[1] ?? ''
  }
  t.equal(await ask('X-Request-Id: one'), 'one')
  t.match(await ask('X-Request-Id: one\r\nX-Request-Id: two'), UUID)
  t.match(await ask('X-Request-Id: one\r\nx-request-id: one'), UUID)
  // A header folded over two lines is no valid request at all; Node answers before anything is logged.
  t.equal(await ask('X-Request-Id: one\r\n two'), '')
})

t.test('requests on one connection, also sent all at once, have ids of their own', async (t) => {
  const { app } = await server(t)
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const body = JSON.stringify(wrongSignIn.payload)
  const signIn = `POST /auth/signin HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => { text += part })
  const ids = () => [...text.matchAll(/^x-request-id: (.*)\r$/gmi)].map(([, id]) => id)
  for (let count = 1; count <= 3; count++) {
    socket.write(signIn)
    while (ids().length < count) await once(socket, 'data')
  }
  socket.write(signIn + signIn + 'GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  await once(socket, 'close')
  t.equal(ids().length, 6)
  t.equal(new Set(ids()).size, 6)
})

t.test('what a page calls within a request has the request\'s id', async (t) => {
  const { app, parsed } = await server(t, { TRUST_PROXY: 'true' })
  const mallory = visit(app, { headers: { 'x-request-id': 'the-page' } })
  await mallory.open('/auth')
  const events = await eventsOf(() => mallory.press('Sign in', { email: 'a@example.com', password: 'not the password 1' }))
  t.match(events, [{ type: 'first-factor.failed', requestId: 'the-page' }])
  t.same(new Set(parsed().map(({ reqId }) => reqId).filter(Boolean)), new Set(['the-page']))
})

t.test('a host keeps its own ids; what of them could break a line is in no audit event', async (t) => {
  let next = 'host-1'
  const { options } = await configured()
  const app = Fastify({ logger: false, genReqId: () => next })
  t.teardown(() => app.close())
  await app.register(service, options)
  t.match(await eventsOf(() => app.inject(wrongSignIn)), [{ requestId: 'host-1' }])
  t.equal((await app.inject('/health')).headers['x-request-id'], undefined)
  for (const id of ['two\nlines', '\u001b[2J', 'x'.repeat(129)]) {
    next = id
    const [event] = await eventsOf(() => app.inject(wrongSignIn))
    t.notOk('requestId' in event!)
  }
})

t.test('a stranger\'s id that the host takes over is no use in another\'s request', async (t) => {
  const { app } = await server(t)
  const one = await signUp(app)
  const both = await eventsOf(async () => await Promise.all([requestCode(app, one), createTestSession(app).inject(wrongSignIn)]))
  t.equal(new Set(both.map(({ requestId }) => requestId)).size, 2)
})
