import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { loadConfig } from '../src/config/load.js'
import { createEmbeddedCore } from '../src/embedded-core/index.js'
import { BodyInvalid, CoreUnavailable, DeliveryFailed } from '../src/errors.js'
import { createServer, start } from '../src/server.js'
import { exits, portOf, recorder } from './service/running.js'

// With an address and a key, which the log must and must not say. The file has one, so that all its apps take the same options.
const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
t.teardown(() => core.close())

async function config (env: Record<string, string> = {}) {
  return loadConfig({ PORT: '0', MAX_EVENT_LOOP_DELAY: '0', SHUTDOWN_TIMEOUT: '3', API_DOMAIN: 'http://localhost:3000', SUPERTOKENS_CONNECTION_URI: core.connectionURI, SUPERTOKENS_API_KEY: String(core.apiKey), ...env })
}

async function server (t: Test, env: Record<string, string> = {}) {
  const log = recorder()
  const app = createServer(await config(env), { stream: log })
  t.teardown(() => app.close())
  return { app, log }
}

t.test('answers', async (t) => {
  const { app, log } = await server(t)
  app.get('/fails', async () => { throw new Error('table users_secret is gone') })
  app.get('/fails-oddly', async () => { throw null }) // eslint-disable-line no-throw-literal
  app.get('/core', async () => { throw new CoreUnavailable() })
  // In the words of the SDK, of a handler that asks the Core itself.
  app.get('/sdk', async () => { throw new Error('No SuperTokens core available to query') })
  app.get('/delivery', async () => { throw new DeliveryFailed('SMS', 'twilio', 'account AC1 is suspended') })
  app.get('/teapot', async () => { throw Object.assign(new Error('inside'), { statusCode: 599 }) })
  app.get('/refused', async () => { throw new BodyInvalid('name is missing') })
  app.get('/number', async () => { throw Object.assign(new Error('no teapot'), { statusCode: 418 }) })
  app.post('/body', async () => ({}))
  await app.ready()

  t.test('the health route is there', async (t) => {
    t.equal((await app.inject('/health')).statusCode, 200)
  })

  t.test('the clock of a Core elsewhere cannot be moved', async (t) => {
    t.equal((await app.inject('/dev/clock')).statusCode, 200)
    t.equal((await app.inject({ method: 'POST', url: '/dev/clock', payload: { by: '5m' } })).statusCode, 404)
  })

  t.test('an unknown address is a 404 in JSON that repeats nothing', async (t) => {
    const reply = await app.inject('/nowhere?token=hush-hush')
    t.equal(reply.statusCode, 404)
    t.match(reply.json(), { statusCode: 404, code: 'AUTH_NOT_FOUND', message: 'Not found' })
    t.notMatch(reply.body, /nowhere/)
  })

  t.test('a failure says nothing of its inside and is logged', async (t) => {
    const reply = await app.inject('/fails')
    t.equal(reply.statusCode, 500)
    t.strictSame(reply.json(), { statusCode: 500, error: 'Internal Server Error', message: 'Something went wrong on our side. Please try again later.' })
    t.match(log.text(), 'table users_secret is gone')
    t.strictSame((await app.inject('/fails-oddly')).json(), reply.json())
    t.strictSame((await app.inject('/teapot')).json(), reply.json())
  })

  t.test('of our own failures the code is said too', async (t) => {
    t.strictSame((await app.inject('/core')).json(), { statusCode: 503, code: 'AUTH_CORE_UNAVAILABLE', error: 'Service Unavailable', message: 'The service is not available at the moment. Please try again later.' })
    const asked = await app.inject('/sdk')
    t.match(asked.json(), { statusCode: 503, code: 'AUTH_CORE_UNAVAILABLE' })
    t.match(asked.headers['retry-after'], /^[1-9]/)
    const reply = await app.inject('/delivery')
    t.match(reply.json(), { statusCode: 502, code: 'AUTH_DELIVERY_FAILED' })
    t.notMatch(reply.body, /suspended/)
  })

  t.test('a refusal says why', async (t) => {
    t.match((await app.inject('/refused')).json(), { statusCode: 400, code: 'AUTH_BODY_INVALID', message: 'name is missing' })
    t.match((await app.inject('/number')).json(), { statusCode: 418, message: 'no teapot' })
  })

  t.test('addresses and bodies that cannot be read are refused', async (t) => {
    const reply = await app.inject('/%c0?token=hush-hush')
    t.equal(reply.statusCode, 400)
    t.match(reply.json(), { statusCode: 400, code: 'FST_ERR_BAD_URL', error: 'Bad Request', message: 'The URL is not valid' })
    const post = async (payload: string) => (await app.inject({ method: 'POST', url: '/body', headers: { 'content-type': 'application/json' }, payload })).statusCode
    t.equal(await post('{'), 400)
    t.equal(await post('{"__proto__":{}}'), 400)
    t.equal(await post(JSON.stringify('x'.repeat(65 * 1024))), 413)
  })

  t.test('no query and no secret header is ever logged', async (t) => {
    await app.inject({ url: '/me?token=hush-hush', headers: { authorization: 'hush-hush', cookie: 'sAccessToken=hush-hush' } })
    const headers = { authorization: 'hush-hush', cookie: 'hush-hush', 'set-cookie': ['hush-hush'], 'st-access-token': 'hush-hush', 'st-refresh-token': 'hush-hush', 'anti-csrf': 'hush-hush', 'x-forward-auth-secret': 'hush-hush', 'x-auth-assertion': 'hush-hush' }
    app.log.info({ headers, req: { method: 'GET', url: '/x?hush-hush', ip: '::1', headers }, body: { password: 'hush-hush', userInputCode: 'hush-hush' }, accessToken: 'hush-hush' }, 'by mistake')
    t.notMatch(log.text(), /hush-hush/)
    t.match(await log.until('by mistake'), { req: { method: 'GET', url: '/x', remoteAddress: '::1' } })
  })
})

t.test('the address of the client is believed of known proxies only', async (t) => {
  const ip = async (env: Record<string, string>): Promise<string> => {
    const { app } = await server(t, env)
    app.get('/ip', async (request) => request.ip)
    return (await app.inject({ url: '/ip', headers: { 'x-forwarded-for': '192.0.2.7' }, remoteAddress: '10.0.0.1' })).body
  }
  t.equal(await ip({}), '10.0.0.1')
  t.equal(await ip({ TRUST_PROXY: '10.0.0.0/8' }), '192.0.2.7')
  t.equal(await ip({ TRUST_PROXY: '10.1.0.0/16' }), '10.0.0.1')
})

t.test('a terminal gets a log for people', async (t) => {
  t.intercept(process.stdout, 'isTTY', { value: true })
  const app = createServer(await config({ LOG_LEVEL: 'silent' }))
  await app.close()
})

t.test('start listens, and says what runs and what is unsafe', async (t) => {
  const exit = exits(t)
  const log = recorder()
  const app = await start(await config({ LOG_LEVEL: 'info' }), { stream: log })
  const ready = await log.until('ready')
  t.match(ready, { mode: 'development', firstFactor: 'email-password', sms: 'log', mail: 'log', core: /^http:\/\/127/, secondFactor: /every route/ })
  t.notMatch(log.text(), core.apiKey)
  t.match(log.lines.filter(({ level }) => level === 40).map(({ msg }) => msg), [/^NODE_ENV/, /^SMS codes/, /^Mails/, /^API_DOMAIN/])
  t.equal((await fetch(`http://127.0.0.1:${portOf(app)}/health`)).status, 200)

  // A request whose body is still on its way when the signal comes.
  const port = portOf(app)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const received = once(app.server, 'request')
  socket.write('POST /auth/signin HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{')
  await received
  // And one that is open, and has said nothing yet.
  const accepted = once(app.server, 'connection')
  const silent = connect(port, '127.0.0.1')
  await accepted
  process.emit('SIGTERM', 'SIGTERM')
  await log.until('closing')
  while (app.server.listening) await setImmediate()
  silent.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
  t.match(String((await once(silent, 'data'))[0]), /^HTTP\/1\.1 200 .*connection: close/is, 'a request on an open connection is answered, and its last')
  const refused = connect(port, '127.0.0.1')
  t.match((await once(refused, 'error'))[0], { code: 'ECONNREFUSED' })
  socket.write('}')
  t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 [24]\d\d /, 'the open request is answered')
  t.equal(await exit, 0)
  await log.until('closed')
})

t.test('with a delay it goes on serving while balancers look elsewhere', async (t) => {
  const exit = exits(t)
  const log = recorder()
  const app = await start({ ...await config(), shutdownDelay: 1000 }, { stream: log })
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${portOf(app)}${path}`)
    return { status: response.status, connection: response.headers.get('connection'), body: await response.json() }
  }
  t.match(await ask('/ready'), { status: 200, connection: 'keep-alive' })
  process.emit('SIGTERM', 'SIGTERM')
  await log.until('closing')
  t.match(await ask('/ready'), { status: 503, connection: 'close', body: { status: 'unavailable', reasons: ['draining'] } })
  t.match(await ask('/health'), { status: 200, connection: 'close' })
  t.equal(await exit, 0)
  await log.until('closed')
})

t.test('a second signal ends the process without waiting', async (t) => {
  const exit = exits(t)
  const log = recorder()
  const app = await start(await config(), { stream: log })
  const socket = connect(portOf(app), '127.0.0.1')
  await once(socket, 'connect')
  const received = once(app.server, 'request')
  socket.write('POST /auth/signin HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{')
  await received
  process.emit('SIGINT', 'SIGINT')
  await log.until('closing')
  process.emit('SIGINT', 'SIGINT')
  t.equal(await exit, 130)
  t.match(log.text(), 'second SIGINT, exiting without waiting')
  socket.destroy()
  await log.until('closed')
})

t.test('an error that nobody handled closes too, with exit code 1', async (t) => {
  const exit = exits(t)
  const log = recorder()
  await start(await config(), { stream: log })
  // tap listens as well and would count it as a failure of the test.
  const [handler] = process.listeners('uncaughtException').slice(-1)
  handler?.(new Error('nobody handled me'), 'uncaughtException')
  t.match(await log.until('closing after an unhandled error'), { level: 60, err: { message: 'nobody handled me' } })
  t.equal(await exit, 1)
})

t.test('a signal while it starts is an orderly end', async (t) => {
  const exit = exits(t)
  const log = recorder()
  const starting = start(await config(), { stream: log })
  process.emit('SIGTERM', 'SIGTERM')
  await starting
  t.equal(await exit, 0)
  t.notMatch(log.text(), '"msg":"ready"')
})

t.test('a port in use is an error that leaves nothing behind', async (t) => {
  const taken = createTcpServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const before = process.listenerCount('SIGTERM')
  const { port } = taken.address() as AddressInfo
  await t.rejects(start(await config({ PORT: String(port), LOG_LEVEL: 'silent' })), { code: 'EADDRINUSE' })
  t.equal(process.listenerCount('SIGTERM'), before)
})

t.test('the directory of the embedded Core is made, for this user only', async (t) => {
  const before = process.listenerCount('SIGTERM')
  const taken = createTcpServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const config = loadConfig({ PORT: String(port), LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY: '0' })
  for (const core of [{ embedded: { file: join(t.testdir(), 'a', 'b', 'core.sqlite') } }, { embedded: { file: ':memory:' } }, undefined]) {
    // However the start ends, the directory comes first.
    const { core: _core, ...options } = config.options
    await t.rejects(start({ ...config, options: core === undefined ? options : { ...options, core } }))
  }
  t.equal(statSync(join(t.testdirName, 'a', 'b')).mode & 0o777, 0o700)
  t.notOk(existsSync(':memory:'))
  t.equal(process.listenerCount('SIGTERM'), before)
})

t.test('its own address says what it is, and nothing of its settings', async (t) => {
  const { app } = await server(t, { PLAYGROUND: 'false', ROUTES_PATH: '/internal' })
  t.strictSame((await app.inject('/internal')).json(), { service: 'two-factor authentication', endpoints: '/auth', health: '/internal/health' })
  t.equal((await app.inject('/')).statusCode, 404)
})
