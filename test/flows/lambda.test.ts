import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { basename, dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { Fastify2faOptions } from '../../src/index.js'
import { coreOverHttp } from '../embedded-core/over-http.js'
import { pathTo } from '../root.js'

interface Answer { statusCode: number, headers: Record<string, string>, cookies: string[], body: string, isBase64Encoded: boolean }
type Handler = (event: object) => Promise<Answer>

// Within the package its own name is known; examples are a package of their own.
const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), 'lambda-'))
cpSync(pathTo('examples/lambda'), folder, { recursive: true, filter: (file) => basename(file) !== 'package.json' })
t.teardown(() => { rmSync(folder, { recursive: true }) })
const urlOf = (file: string): string => pathToFileURL(join(folder, file)).href

const load = async <Module>(file: string): Promise<Module> => await import(urlOf(file)) as Module
const { createHandler } = await load<{ createHandler: (app: FastifyInstance) => Handler }>('handler.js')
const { buildApp } = await load<{ buildApp: (options: Fastify2faOptions) => Promise<FastifyInstance> }>('app.js')

const core = new URL(await coreOverHttp({ run: async (_job, work) => await work() }))
/** Calls to the Core, which pass through here, and the connections that they came by. */
let calls = 0
let connections = 0
const proxy = net.createServer((socket) => {
  connections++
  const onward = net.connect(Number(core.port), core.hostname)
  socket.pipe(onward).pipe(socket)
  socket.on('data', () => { calls++ }).on('error', () => {}).on('close', () => { onward.destroy() })
})
proxy.listen(0, '127.0.0.1')
await once(proxy, 'listening')
t.teardown(() => proxy.close())
const connectionURI = `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`

const SITE = { appName: 'Shop', apiDomain: 'http://localhost:3000', websiteDomains: ['http://localhost:3001'] }

/** What is mailed, once it has been handed over, which takes a moment. */
const mailed: string[] = []
const options: Fastify2faOptions = {
  appInfo: SITE,
  core: { connectionURI },
  limits: { sends: false, signIn: false, signUps: false, mails: false },
  sms: { provider: 'log' },
  mail: {
    name: 'slow',
    async send ({ to }) {
      for (let i = 0; i < 10; i++) await nextTurn()
      mailed.push(to)
    }
  }
}

/** An event as the gateway sends it. */
function event (method: string, rawPath: string, payload?: object, more: object = {}) {
  const [path, rawQueryString = ''] = rawPath.split('?')
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString,
    headers: { host: 'api.example.com', rid: 'anti-csrf', 'st-auth-mode': 'cookie', 'x-forwarded-for': '6.6.6.6', ...(payload !== undefined && { 'content-type': 'application/json' }) },
    requestContext: { http: { method, sourceIp: '198.51.100.7' } },
    isBase64Encoded: false,
    ...(payload !== undefined && { body: JSON.stringify(payload) }),
    ...more
  }
}

/** A browser behind the gateway. */
function browser (handler: Handler) {
  const jar = new Map<string, string>()
  return async (method: string, path: string, payload?: object) => {
    const answer = await handler(event(method, path, payload, { cookies: [...jar].map(([name, value]) => `${name}=${value}`) }))
    for (const cookie of answer.cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      jar.set(name, value)
    }
    return answer
  }
}

async function start (t: Test): Promise<{ app: FastifyInstance, handler: Handler }> {
  const app = await buildApp({ ...options })
  t.teardown(() => app.close())
  return { app, handler: createHandler(app) }
}

const fields = (email: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }] })

t.test('both factors open a route behind the gateway', async (t) => {
  const { app, handler } = await start(t)
  const call = browser(handler)
  t.match(await call('GET', '/orders'), { statusCode: 401, body: '{"message":"unauthorised"}', isBase64Encoded: false })
  const signedUp = await call('POST', '/auth/signup', fields('lambda@example.com'))
  t.match(JSON.parse(signedUp.body), { status: 'OK' })
  t.ok(signedUp.cookies.length >= 2, 'each cookie by itself')
  t.notOk('set-cookie' in signedUp.headers)
  t.equal((await call('GET', '/orders')).statusCode, 403)
  const { deviceId, preAuthSessionId } = JSON.parse((await call('POST', '/auth/signinup/code', { phoneNumber: '+12125550123' })).body) as Record<string, string>
  const userInputCode = app.twoFactor.outbox.last('+12125550123')?.code
  t.match(JSON.parse((await call('POST', '/auth/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode })).body), { status: 'OK' })
  t.equal((await call('GET', '/orders?page=2')).statusCode, 200)
})

t.test('what is sent after the answer has been sent when the platform freezes the process, and no connection is left', async (t) => {
  const { handler } = await start(t)
  await handler(event('POST', '/auth/signup', fields('mail@example.com')))
  calls = 0
  mailed.splice(0)
  const form = { formFields: [{ id: 'email', value: 'mail@example.com' }] }
  t.match(JSON.parse((await handler(event('POST', '/auth/user/password/reset/token', form))).body), { status: 'OK' })
  t.same(mailed, ['mail@example.com'])
  t.ok(calls > 0, 'the Core was asked')
  const before = connections
  calls = 0
  t.match(JSON.parse((await handler(event('POST', '/auth/signin', fields('mail@example.com')))).body), { status: 'OK' }, 'the next event')
  t.ok(connections > before, 'connects anew')
  t.ok(connections - before < calls, 'and keeps connections while it lasts')
})

t.test('bodies in base64 arrive, and bytes leave as base64', async (t) => {
  const { app, handler } = await start(t)
  const body = Buffer.from(JSON.stringify(fields('base64@example.com'))).toString('base64')
  t.match(JSON.parse((await handler(event('POST', '/auth/signup', {}, { body, isBase64Encoded: true }))).body), { status: 'OK' })
  const bytes = createHandler({ inject: async () => ({ statusCode: 200, headers: { 'content-type': 'image/png', 'x-two': ['a', 'b'] }, rawPayload: Buffer.from([0, 255]) }), twoFactor: app.twoFactor } as never)
  t.match(await bytes(event('GET', '/picture')), { headers: { 'x-two': 'a, b' }, cookies: [], body: 'AP8=', isBase64Encoded: true })
})

t.test('limits count the address that the gateway saw', async (t) => {
  const seen: object[] = []
  const handler = createHandler({ inject: async (request: object) => { seen.push(request); return { statusCode: 200, headers: {}, rawPayload: Buffer.from('') } }, twoFactor: { delivered: async () => {}, core: { dropIdleConnections () {} } } } as never)
  await handler(event('GET', '/'))
  t.match(seen, [{ remoteAddress: '198.51.100.7' }])
})

t.test('a cold start serves the first event; without a Redis it refuses to start on the platform', async (t) => {
  const run = (env: Record<string, string>) => new Promise<{ stdout: string, stderr: string, failed: boolean }>((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', `
      const { handler } = await import(${JSON.stringify(urlOf('index.js'))})
      console.log(JSON.stringify(await handler(${JSON.stringify(event('GET', '/orders'))})))
      process.exit()
    `], {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        LOG_LEVEL: 'silent',
        API_DOMAIN: 'https://api.example.com',
        WEBSITE_DOMAIN: 'https://example.com',
        SUPERTOKENS_CONNECTION_URI: connectionURI,
        SMS_WEBHOOK_URL: 'https://sms.example.com',
        SMS_WEBHOOK_SECRET: 'x'.repeat(32),
        SMTP_HOST: 'smtp.example.com',
        MAIL_FROM: 'shop@example.com',
        ...env
      }
    }, (error, stdout, stderr) => { resolve({ stdout, stderr, failed: error !== null }) })
  })
  const [cold, refused] = await Promise.all([run({}), run({ AWS_LAMBDA_FUNCTION_NAME: 'shop' })])
  t.match(JSON.parse(cold.stdout), { statusCode: 401, body: '{"message":"unauthorised"}' }, cold.stderr)
  t.ok(refused.failed)
  t.match(refused.stderr, /limits\.redisUrl: AWS Lambda runs several copies[^]*AUTH_OPTIONS_INVALID/)
})
