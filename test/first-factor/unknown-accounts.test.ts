import { createHash, randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { interceptCore } from '../intercept-core.js'

/** Calls to the Core, in order, as `POST /recipe/signin`. */
const calls: string[] = []
/** How many passwords were hashed: a real Core hashes none for a name that no account has. */
let hashed = 0
const accounts = new Set<string>()
const nameIn = (body: unknown) => (JSON.parse(String(body)) as { email: string }).email
const unknownName = () => `unknown-${randomUUID()}@example.com`
const { connectionURI } = await testCore()
await interceptCore(async (url, init, proceed) => {
  const call = `${init?.method ?? 'GET'} ${new URL(url).pathname.replace('/public/', '/')}`
  calls.push(call)
  if (call === 'POST /recipe/signup') accounts.add(nameIn(init?.body))
  if (call === 'POST /recipe/signin' && accounts.has(nameIn(init?.body))) hashed++
  return await proceed(url, init)
})

/** The service on a Core that it takes for one on the network, and what it has asked the Core by the time that it answers. */
async function build (t: Test): Promise<{ app: FastifyInstance, asked: () => string[] }> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  let before: string[] = []
  app.addHook('onSend', async () => { before = calls.splice(0) })
  await app.register(service, { core: { connectionURI }, maxEventLoopDelay: 0, limits: false })
  await app.ready()
  return { app, asked: () => before }
}

const ask = (app: FastifyInstance, url: string, formFields: object[]) => app.inject({ method: 'POST', url, payload: { formFields } })
const email = (value: string) => ({ id: 'email', value })
const password = (value: string) => ({ id: 'password', value })
const digest = (text: string) => createHash('sha256').update(text).digest('hex')

t.test('a wrong password costs an unknown account the same calls to the Core as a known one', async (t) => {
  const { app, asked } = await build(t)
  const user = await signUp(app)
  // The first one creates the decoy.
  await ask(app, '/auth/signin', [email(unknownName()), password('wrong horse 1')])
  const answers = []
  for (const name of [user.email, unknownName()]) {
    hashed = 0
    const { statusCode, body, headers: { date: _date, ...headers } } = await ask(app, '/auth/signin', [email(name), password('wrong horse 1')])
    answers.push({ statusCode, body, headers, asked: asked(), hashed })
  }
  t.same(answers[1], answers[0])
  t.equal(answers[0]?.hashed, 1, 'a password is hashed once')
  t.same(answers[0]?.asked, ['POST /recipe/signin', 'GET /users/by-accountinfo', 'POST /recipe/signin'])
})

t.test('attack: a stranger takes the names at which nothing is hashed, to tell by the time which accounts exist', async (t) => {
  const { app, asked } = await build(t)
  const user = await signUp(app)
  for (const name of ['nobody@fastify-2fa.invalid', ' Anything@FASTIFY-2FA.Invalid ', 'unknown-accounts@fastify-2fa.invalid']) {
    t.match((await ask(app, '/auth/signup', [email(name), password('correct horse 1')])).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email' }] }, name)
  }
  const costs = []
  for (const name of [user.email, unknownName()]) {
    hashed = 0
    await ask(app, '/auth/signin', [email(name), password('wrong horse 1')])
    costs.push({ hashed, asked: asked() })
  }
  t.same(costs[1], costs[0])
  t.equal(costs[0]?.hashed, 1)
})

t.test('eight at once verify eight passwords, whether or not the accounts exist', async (t) => {
  const { app } = await build(t)
  const users = await Promise.all(Array.from({ length: 8 }, () => signUp(app)))
  await ask(app, '/auth/signin', [email(unknownName()), password('wrong horse 1')])
  for (const names of [users.map((user) => user.email), users.map(unknownName)]) {
    calls.length = 0
    hashed = 0
    await Promise.all(names.map((name) => ask(app, '/auth/signin', [email(name), password('wrong horse 1')])))
    t.equal(hashed, 8)
  }
})

t.test('the right password still signs in with the calls that it took before', async (t) => {
  const { app, asked } = await build(t)
  const user = await signUp(app)
  t.equal((await ask(app, '/auth/signin', [email(user.email), password(user.password)])).json().status, 'OK')
  t.equal(asked().filter((call) => call === 'POST /recipe/signin').length, 1)
})

t.test('nobody signs in to the decoy, signs up as it or gets a link for it', async (t) => {
  const { app } = await build(t)
  const decoy = 'unknown-accounts@fastify-2fa.invalid'
  await ask(app, '/auth/signin', [email('nobody@example.com'), password('wrong horse 1')])
  for (const guess of ['', ' ', 'undefined', digest(decoy)]) t.not((await ask(app, '/auth/signin', [email(decoy), password(guess)])).json().status, 'OK')
  t.not((await ask(app, '/auth/signup', [email(decoy), password('correct horse 1')])).json().status, 'OK')
  app.twoFactor.outbox.clear()
  t.same((await ask(app, '/auth/user/password/reset/token', [email(decoy)])).json(), { status: 'OK' })
  await app.twoFactor.delivered()
  t.same(app.twoFactor.outbox.entries(), [])
})

t.test('a link is made after the answer: until then both kinds of accounts cost one look-up', async (t) => {
  const { app, asked } = await build(t)
  const user = await signUp(app)
  const before = []
  for (const name of [user.email, `${randomUUID()}@example.com`]) {
    app.twoFactor.outbox.clear()
    t.same((await ask(app, '/auth/user/password/reset/token', [email(name)])).json(), { status: 'OK' })
    before.push(asked())
    await app.twoFactor.delivered()
    calls.length = 0
  }
  t.same(before[1], before[0])
  t.same(before[0], ['GET /users/by-accountinfo'])
  await ask(app, '/auth/user/password/reset/token', [email(user.email)])
  await app.twoFactor.delivered()
  t.equal(app.twoFactor.outbox.last()?.to, user.email, 'and it is sent')
  t.ok(calls.includes('POST /recipe/user/password/reset/token'), 'once the answer has left')
})

t.test('a link goes to the address of the account, whatever was typed', async (t) => {
  const { app } = await build(t)
  const name = randomUUID()
  await EmailPassword.signUp('public', `kelvin-${name}@example.com`, 'correct horse 1')
  for (const typed of [`\u212Aelvin-${name}@example.com`, `KELVIN-${name}@Example.COM`, ` kelvin-${name}@example.com `]) {
    app.twoFactor.outbox.clear()
    t.same((await ask(app, '/auth/user/password/reset/token', [email(typed)])).json(), { status: 'OK' })
    await app.twoFactor.delivered()
    t.same(app.twoFactor.outbox.entries().map(({ to }) => to), [`kelvin-${name}@example.com`], typed)
    t.match((await ask(app, '/auth/signup', [email(typed), password('correct horse 1')])).json(), { status: 'FIELD_ERROR' }, 'it is one account')
  }
  for (const lookalike of [`\u043Aelvin-${name}@example.com`, `kelv\u0131n-${name}@example.com`, `kelv\u0130n-${name}@example.com`, `\uFF4Belvin-${name}@example.com`]) {
    app.twoFactor.outbox.clear()
    t.same((await ask(app, '/auth/user/password/reset/token', [email(lookalike)])).json(), { status: 'OK' })
    await app.twoFactor.delivered()
    t.same(app.twoFactor.outbox.entries(), [], `${lookalike} is another address`)
  }
})

t.test('a password of which the Core would keep only the beginning is refused by the form that asks for it', async (t) => {
  const { app } = await build(t)
  const long = `a1${'x'.repeat(71)}`
  for (const value of [long, `a1${'é'.repeat(36)}`, `a1${'😀'.repeat(18)}`]) {
    const response = await ask(app, '/auth/signup', [email(`${randomUUID()}@example.com`), password(value)])
    t.match(response.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error: /longer than 72/ }] }, `${Buffer.byteLength(value)} bytes`)
  }
  for (const value of [long.slice(0, 72), `a1${'é'.repeat(35)}`]) {
    t.equal((await ask(app, '/auth/signup', [email(`${randomUUID()}@example.com`), password(value)])).json().status, 'OK', `${Buffer.byteLength(value)} bytes`)
  }
  t.match((await ask(app, '/auth/user/password/reset', [password(long)])).json(), {}, 'without a token')
  const user = await signUp(app)
  await ask(app, '/auth/user/password/reset/token', [email(user.email)])
  await app.twoFactor.delivered()
  const token = new URL(String(app.twoFactor.outbox.last(user.email)?.link)).searchParams.get('token')
  const reset = (value: string) => app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [password(value)] } })
  t.match((await reset(long)).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'password' }] })
  t.same((await reset('correct horse 2')).json(), { status: 'OK' }, 'the link stays usable')

  await t.rejects(EmailPassword.signUp('public', `${randomUUID()}@example.com`, long), { code: 'AUTH_PASSWORD_INVALID', statusCode: 400 }, 'a host')
  await t.rejects(EmailPassword.signUp('public', `${randomUUID()}@example.com`, 'correct\0horse 1'), { code: 'AUTH_PASSWORD_INVALID' })
  const made = await EmailPassword.signUp('public', `${randomUUID()}@example.com`, 'correct horse 1')
  if (made.status !== 'OK') throw new Error(made.status)
  for (const applyPasswordPolicy of [true, false]) {
    t.match(await EmailPassword.updateEmailOrPassword({ recipeUserId: made.recipeUserId, password: long, applyPasswordPolicy }), { status: 'PASSWORD_POLICY_VIOLATED_ERROR' })
  }
})

t.test('an account with a longer password from before still signs in', async (t) => {
  const { app } = await build(t)
  const name = `${randomUUID()}@example.com`
  const long = `a1${'x'.repeat(90)}`
  // As bcrypt sees it: the first 72 bytes.
  await EmailPassword.signUp('public', name, long.slice(0, 72))
  t.equal((await ask(app, '/auth/signin', [email(name), password(long)])).json().status, 'OK')
})
