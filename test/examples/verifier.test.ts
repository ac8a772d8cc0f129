import { createRequire } from 'node:module'
import Fastify from 'fastify'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../src/index.js'
import { passSecondFactor, signIn, signInWithSecondFactor, signUp, startTestCore } from '../../src/testing/index.js'
import { secondFactorScheme } from '../../src/verifier/hapi.js'
import { createVerifier } from '../../src/verifier/index.js'
import { pathTo } from '../root.js'
import { startExample } from './start.js'

const core = await startTestCore()
t.teardown(() => core.close())
const service = Fastify({ logger: false })
t.teardown(() => service.close())
await service.register(fastify2fa, core.options)
const serviceUrl = await service.listen({ port: 0, host: '127.0.0.1' })

const user = await signInWithSecondFactor(service, { transferMethod: 'header' })
const hired = await signInWithSecondFactor(service, { transferMethod: 'header' })
await UserRoles.createNewRoleOrAddPermissions('admin', [])
await UserRoles.addRoleToUser('public', hired.userId, 'admin')
const operator = await signIn(service, { ...hired, transferMethod: 'header' })
await passSecondFactor(service, operator)
const stranger = await signUp(service, { transferMethod: 'header' })
const tokenOf = ({ session }: typeof user): string => session.tokens.get('st-access-token')!

/** Signed by nobody: the end of its signature is another user's. */
const forged = `${tokenOf(user).split('.').slice(0, 2).join('.')}.${tokenOf(operator).split('.')[2]!}`

interface Request {
  path: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
const cookie = (token: string, extra: Record<string, string> = {}): Record<string, string> => ({ cookie: `theme=dark; sAccessToken=${token}`, ...extra })

async function ask (address: string, { path, method = 'GET', headers = {} }: Request) {
  const response = await fetch(address + path, { method, headers })
  return { status: response.status, headers: response.headers, body: await response.json() as Record<string, unknown> }
}

/** What a request gets everywhere. */
async function visit (t: Test, address: string): Promise<void> {
  const statusOf = async (request: Request): Promise<number> => (await ask(address, request)).status
  const stranger401 = await ask(address, { path: '/orders' })
  t.equal(stranger401.status, 401, 'strangers stay out')
  const unfinished = await ask(address, { path: '/orders', headers: bearer(tokenOf(stranger)) })
  t.equal(unfinished.status, 403, 'a password is not enough')
  t.match(unfinished.body, { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'wrong value' } }] })
  t.match(await ask(address, { path: '/orders', headers: bearer(tokenOf(user)) }), { status: 200, body: { user: user.userId } }, 'both factors are')
  t.match(await ask(address, { path: '/orders', headers: cookie(tokenOf(user)) }), { status: 200, body: { user: user.userId } }, 'also in a cookie')
  t.equal(await statusOf({ path: '/payout', method: 'POST', headers: bearer(tokenOf(user)) }), 200, 'a second factor of a moment ago')
  t.equal(await statusOf({ path: '/payout', method: 'POST', headers: cookie(tokenOf(user), { 'sec-fetch-site': 'same-site' }) }), 200, 'a page of ours')
  t.equal(await statusOf({ path: '/payout', method: 'POST', headers: cookie(tokenOf(user), { 'sec-fetch-site': 'cross-site' }) }), 401, 'attack: a page of another website')
  t.equal(await statusOf({ path: '/orders', headers: bearer(forged) }), 401, 'attack: a forged token')
  t.equal(await statusOf({ path: '/orders', headers: { cookie: `sAccessToken=${tokenOf(user)}; sAccess%54oken=${tokenOf(operator)}` } }), 401, 'attack: a cookie that another page has planted')
  t.equal(await statusOf({ path: '/admin', headers: bearer(tokenOf(user)) }), 403, 'a role is missing')
  t.equal(await statusOf({ path: '/admin', headers: bearer(tokenOf(operator)) }), 200, 'a role is there')
}

for (const framework of ['express', 'koa', 'hapi', 'nest', 'next', 'fastify', 'lambda']) {
  t.test(`examples/verifier-${framework}`, async (t) => {
    const address = await startExample(t, `verifier-${framework}`, serviceUrl)
    await visit(t, address)
    if (framework === 'lambda') return
    const { headers, body } = await ask(address, { path: '/orders', headers: bearer(tokenOf(stranger)) })
    t.match(headers.get('www-authenticate'), /^Bearer error="insufficient_user_authentication"/)
    t.match(headers.get('content-type'), /^application\/json/)
    t.strictSame(Object.keys(body), ['message', 'claimValidationErrors'])
    t.same((await ask(address, { path: '/orders' })).body, { message: 'unauthorised' })
  })
}

t.test('examples/verifier-lambda, as an HTTP API', async (t) => {
  const address = await startExample(t, 'verifier-lambda', serviceUrl)
  const statusOf = async (headers: Record<string, string>): Promise<number> => (await ask(address, { path: '/http/orders', headers })).status
  t.equal(await statusOf(bearer(tokenOf(user))), 200)
  t.equal(await statusOf(cookie(tokenOf(user))), 200)
  t.equal(await statusOf(bearer(tokenOf(stranger))), 403)
  t.equal(await statusOf(bearer(forged)), 403)
  t.equal(await statusOf({}), 403)
})

t.test('examples/verifier-ws', async (t) => {
  const address = await startExample(t, 'verifier-ws', serviceUrl)
  const { WebSocket } = createRequire(pathTo('examples/package.json'))('ws') as { WebSocket: new (url: string, options: object) => NodeJS.EventEmitter & { close (): void } }
  /** The first message, or the status of the refusal. */
  const open = async (headers: Record<string, string>): Promise<unknown> => await new Promise((resolve) => {
    const socket = new WebSocket(address.replace('http', 'ws'), { headers })
    socket.on('message', (data: Buffer) => { resolve(JSON.parse(data.toString())); socket.close() })
    socket.on('unexpected-response', (_request: unknown, response: { statusCode: number, destroy (): void }) => { resolve(response.statusCode); response.destroy() })
    socket.on('error', () => {})
  })
  t.same(await open(bearer(tokenOf(user))), { user: user.userId })
  t.same(await open(cookie(tokenOf(user), { origin: 'http://localhost:3001' })), { user: user.userId })
  t.equal(await open(cookie(tokenOf(user), { origin: 'https://evil.example' })), 403, 'attack: a page of another website')
  t.equal(await open(cookie(tokenOf(user))), 403)
  t.equal(await open(bearer(tokenOf(stranger))), 403)
  t.equal(await open({}), 401)
})

interface Hapi {
  server (): {
    auth: { scheme (name: string, scheme: object): void, strategy (name: string, scheme: string, options?: object): void }
    route (route: object): void
    inject (request: { url: string, headers: Record<string, string> }): Promise<{ statusCode: number, payload: string }>
  }
}

t.test('hapi answers refusals in every mode: what a host forgets to look at opens nothing', async (t) => {
  const server = (createRequire(pathTo('examples/package.json'))('@hapi/hapi') as Hapi).server()
  server.auth.scheme('2fa', secondFactorScheme(createVerifier({ serviceUrl, antiCsrf: 'SAME_SITE' })))
  server.auth.strategy('2fa', '2fa')
  const modes = ['required', 'try', 'optional']
  for (const mode of modes) server.route({ method: 'GET', path: `/${mode}`, options: { auth: { strategy: '2fa', mode } }, handler: () => 'in' })
  for (const mode of modes) {
    const statusOf = async (headers: Record<string, string>): Promise<number> => (await server.inject({ url: `/${mode}`, headers })).statusCode
    t.equal(await statusOf(bearer(tokenOf(user))), 200, mode)
    t.equal(await statusOf({}), 401, mode)
    t.equal(await statusOf(bearer(tokenOf(stranger))), 403, mode)
  }
  t.throws(() => { server.auth.strategy('misspelt', '2fa', { maxage: '5m' }) }, { code: 'AUTH_OPTIONS_INVALID' })
})
