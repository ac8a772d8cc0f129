import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import supertokens from 'supertokens-node'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { createTestSession, newPhoneNumber, passSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { interceptCore } from '../intercept-core.js'

const calls: string[] = []
let askedBeforeAnswer: string[] = []
const { connectionURI } = await testCore()
await interceptCore(async (url, init, proceed) => {
  calls.push(`${init?.method ?? 'GET'} ${new URL(url).pathname}`)
  return await proceed(url, init)
})

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  app.addHook('onSend', async () => { askedBeforeAnswer = [...calls] })
  await app.register(service, { core: { connectionURI }, emailVerification: 'required', signUpByMail: true, maxEventLoopDelay: 0, limits: { signIn: false } })
  await app.ready()
  return app
}

const PASSWORD = 'correct horse 1'
const fields = (email: string, password = PASSWORD) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })

async function signUp (app: FastifyInstance, email: string) {
  const response = await app.inject({ method: 'POST', url: '/auth/signup', payload: fields(email) })
  await app.twoFactor.delivered()
  return response
}

const tokenIn = (app: FastifyInstance, email: string) => new URL(String(app.twoFactor.outbox.last(email)?.link)).searchParams.get('token')

async function choosePassword (app: FastifyInstance, email: string, password: string): Promise<void> {
  const formFields = [{ id: 'password', value: password }]
  await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token: tokenIn(app, email), formFields } })
}

t.test('signing up goes on by mail, and whoever reads it chooses the password', async (t) => {
  const app = await build(t)
  const email = `${randomUUID()}@example.com`
  t.match((await signUp(app, email)).json(), { status: 'GENERAL_ERROR', message: /open the link/ })
  t.match(app.twoFactor.outbox.last(email), { channel: 'mail', body: /Choose your password/ })
  await choosePassword(app, email, 'correct horse 2')

  const session = createTestSession(app)
  const signedIn = await session.inject({ method: 'POST', url: '/auth/signin', payload: fields(email, 'correct horse 2') })
  t.equal(signedIn.json().status, 'OK')
  await passSecondFactor(app, { session, email, password: 'correct horse 2', userId: signedIn.json().user.id, phoneNumber: newPhoneNumber() })
  t.equal((await session.inject('/me')).statusCode, 200, 'the link has verified the address')
})

t.test('a stranger learns nothing by signing up, nor by signing in afterwards', async (t) => {
  const app = await build(t)
  const owner = `${randomUUID()}@example.com`
  await signUp(app, owner)
  await choosePassword(app, owner, 'correct horse 2')
  app.twoFactor.outbox.clear()

  const before: string[][] = []
  const answers = []
  for (const email of [owner, `${randomUUID()}@example.com`]) {
    calls.length = 0
    const { statusCode, body, headers: { date: _date, ...headers }, cookies } = await app.inject({ method: 'POST', url: '/auth/signup', payload: fields(email) })
    before.push(askedBeforeAnswer)
    await app.twoFactor.delivered()
    answers.push({ statusCode, body, headers, cookies })
    t.equal((await app.inject({ method: 'POST', url: '/auth/signin', payload: fields(email) })).json().status, 'WRONG_CREDENTIALS_ERROR', 'the password that was typed opens nothing')
  }
  t.same(answers[1], answers[0])
  t.same(answers[0]?.cookies, [])
  t.same(before, [['GET /public/users/by-accountinfo'], ['GET /public/users/by-accountinfo']], 'the rest is done after the answer')
  t.match(app.twoFactor.outbox.last(owner), { body: /you have an account already/ }, 'and its owner is told')
})

t.test('the owner keeps password and sessions until a link is used', async (t) => {
  const app = await build(t)
  const email = `${randomUUID()}@example.com`
  await signUp(app, email)
  await choosePassword(app, email, 'correct horse 2')
  const session = createTestSession(app)
  await session.inject({ method: 'POST', url: '/auth/signin', payload: fields(email, 'correct horse 2') })
  await signUp(app, email)
  t.equal((await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url: '/auth/signin', payload: fields(email, 'correct horse 2') })).json().status, 'OK')
  t.equal((await supertokens.listUsersByAccountInfo('public', { email })).length, 1)
})

t.test('signing up cannot be used to flood a mailbox', async (t) => {
  const app = await build(t)
  const email = `${randomUUID()}@example.com`
  for (let count = 0; count < 12; count++) await signUp(app, email)
  const sent = app.twoFactor.outbox.entries().filter(({ to }) => to === email).length
  t.ok(sent > 0 && sent < 12, `${sent} mails`)
})

t.test('forms are checked as usual', async (t) => {
  const app = await build(t)
  t.match((await app.inject({ method: 'POST', url: '/auth/signup', payload: fields('no address') })).json(), { status: 'FIELD_ERROR' })
  t.match((await app.inject({ method: 'POST', url: '/auth/signup', payload: fields('a@example.com', 'weak') })).json(), { status: 'FIELD_ERROR' })
})

t.test('options that contradict it stop the boot', async (t) => {
  for (const options of [{}, { emailVerification: 'optional' }, { emailVerification: 'required', passwordReset: false }, { emailVerification: 'required', existenceChecks: true }] as const) {
    t.throws(() => resolveOptions({ signUpByMail: true, ...options }), { code: 'AUTH_OPTIONS_INVALID', message: /signUpByMail/ })
  }
})
