import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../src/index.js'
import { signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { fields } from './suite/clients.js'

type Parse = (request: unknown, body: string, done: (err: Error | null, parsed?: unknown) => void) => void

const asJson: Parse = (_request, body, done) => { done(null, JSON.parse(body)) }

/** Parsers of hosts that take anything for JSON, and what they may do to it. */
async function addParsers (app: FastifyInstance): Promise<void> {
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => { done(null, { wrapped: JSON.parse(body as string) }) })
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, asJson as never)
  app.addContentTypeParser(/^text\//, { parseAs: 'string' }, asJson as never)
  app.addContentTypeParser('*', { parseAs: 'string' }, asJson as never)
  await app.register(formbody)
  await app.register(multipart, { attachFieldsToBody: 'keyValues' })
}

/** What a page of another website can send without asking first, and what looks like it. */
const SENDABLE = [
  undefined, 'text/plain', 'text/plain;charset=UTF-8', 'text/plain;application/json', 'text/plain, application/json', 'TEXT/PLAIN', 'text/html', 'x', '*', '*/*', 'application/json/x', 'application/jsonx',
  'application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; application/json', 'multipart/form-data; boundary=application/json', 'application/octet-stream'
]

async function assertClosed (t: Test, app: FastifyInstance): Promise<void> {
  const { email } = await signUp(app)
  for (const type of SENDABLE) {
    const response = await app.inject({ method: 'POST', url: '/auth/signin', headers: { 'st-auth-mode': 'cookie', ...(type !== undefined && { 'content-type': type }) }, payload: Buffer.from(JSON.stringify(fields(email))) })
    t.equal(response.statusCode, 415, `${type}: ${response.body}`)
    t.equal(response.json().code, 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    t.strictSame(response.cookies, [])
  }
  // A form in the body of a form: the same fields, as formbody and multipart would read them.
  const parts = '--x\r\ncontent-disposition: form-data; name="formFields"\r\n\r\n[]\r\n--x--\r\n'
  t.equal((await app.inject({ method: 'POST', url: '/auth/signin', headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: parts })).statusCode, 415)
  await signInWithSecondFactor(app)
}

const ORDERS: Record<string, (app: FastifyInstance, load: () => PromiseLike<unknown>) => Promise<void>> = {
  async before (app, load) {
    await addParsers(app)
    await load()
  },
  async after (app, load) {
    await load()
    await addParsers(app)
  },
  async 'while it loads' (app, load) {
    load()
    await addParsers(app)
  },
  async 'around it' (app, load) {
    await app.register(async (scope) => { await addParsers(scope) })
    await load()
  },
  async 'in every scope' (app, load) {
    app.addHook('onRegister', (scope) => { scope.addContentTypeParser('*', { parseAs: 'string' }, asJson as never) })
    await load()
  }
}

for (const [order, register] of Object.entries(ORDERS)) {
  t.test(`the host's parsers, registered ${order}, let no website send what the browser does not ask about`, async (t) => {
    const { options } = await testCore()
    const app: FastifyInstance = Fastify({ logger: false })
    t.teardown(() => app.close())
    await register(app, () => app.register(fastify2fa, options))
    app.post('/host', async ({ body }) => body)
    await app.ready()
    await assertClosed(t, app)
    if (order === 'in every scope' || order === 'around it') return
    const hosts = async (type: string, payload: string) => (await app.inject({ method: 'POST', url: '/host', headers: { 'content-type': type }, payload })).json()
    t.strictSame(await hosts('text/plain', '[1]'), [1], 'they stay the host\'s')
    t.strictSame(await hosts('application/json', '[1]'), { wrapped: [1] })
    t.strictSame(await hosts('application/x-www-form-urlencoded', 'a=1'), { a: '1' })
  })
}
