import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import t, { type Test } from 'tap'
import { service, type ServiceOptions } from '../../src/app.js'
import {
  createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser, type TestSession
} from '../../src/testing/index.js'
import { build, testCore } from '../helper.js'
import { isRefused } from '../refused.js'

const FIRST = 'http://localhost:3001'
const SECOND = 'https://app.example.com'
const options: ServiceOptions = { appInfo: { websiteDomains: [FIRST, SECOND] } }
const NEW_PASSWORD = 'correct horse 2'

/** The service with a route that asks the Core about the session, as routes with much at stake do. */
async function buildWithCriticalRoute (t: Test): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(service, { ...(await testCore()).options, maxEventLoopDelay: 0, ...options })
  app.get('/critical', { preHandler: app.verifySession!({ checkDatabase: true, overrideGlobalClaimValidators: () => [] }) }, async () => 'done')
  return app
}

async function forget (app: FastifyInstance, email: string, headers = {}) {
  const response = await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', headers, payload: { formFields: [{ id: 'email', value: email }] } })
  // The link is sent after the answer.
  await app.twoFactor.delivered()
  return response
}

function reset (app: FastifyInstance, token: string, password = NEW_PASSWORD) {
  return app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [{ id: 'password', value: password }] } })
}

/** The token of the newest mail. */
async function tokenFor (app: FastifyInstance, email: string): Promise<string> {
  await forget(app, email)
  return String(new URL(String(app.twoFactor.outbox.last(email)?.link)).searchParams.get('token'))
}

async function trySignIn (app: FastifyInstance, { email }: SignedInUser, password: string): Promise<string> {
  const formFields = [{ id: 'email', value: email }, { id: 'password', value: password }]
  return (await app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields } })).json().status
}

const refresh = async (session: TestSession) => (await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode

t.test('a forgotten password is replaced by a link', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const asked = await forget(app, user.email)
  t.equal(asked.statusCode, 200)
  t.same(asked.json(), { status: 'OK' })

  const mail = app.twoFactor.outbox.last(user.email)
  t.match(mail, { channel: 'mail', to: user.email, body: /new password/ })
  const link = new URL(String(mail?.link))
  t.equal(link.origin + link.pathname, 'http://localhost:3001/auth/reset-password')
  t.equal(link.searchParams.get('tenantId'), 'public')
  t.ok(mail?.body.includes(`${String(mail.link)} `), 'nothing sticks to the link')

  const done = await reset(app, String(link.searchParams.get('token')))
  t.same(done.json(), { status: 'OK' })
  t.same(done.cookies, [], 'the link signs nobody in')
  t.equal(done.headers['st-access-token'], undefined)
  t.equal(await trySignIn(app, user, user.password), 'WRONG_CREDENTIALS_ERROR')
  t.equal(await trySignIn(app, user, NEW_PASSWORD), 'OK')
})

t.test('an unknown address gets the same answer and no mail', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const known = await forget(app, user.email)
  app.twoFactor.outbox.clear()
  const unknown = await forget(app, `${randomUUID()}@example.com`)
  t.equal(unknown.statusCode, known.statusCode)
  t.equal(unknown.body, known.body)
  const namesOf = (response: typeof known) => Object.keys(response.headers).sort()
  t.same(namesOf(unknown), namesOf(known))
  t.same(app.twoFactor.outbox.entries(), [])
})

t.test('the address may be typed as people type it', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  t.same((await forget(app, `  ${user.email.toUpperCase()} `)).json(), { status: 'OK' })
  t.equal(app.twoFactor.outbox.entries().filter(({ to, channel }) => channel === 'mail' && to.toLowerCase() === user.email).length, 1)
})

t.test('a link works once, and takes its siblings along', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const [first, second] = [await tokenFor(app, user.email), await tokenFor(app, user.email)]
  t.not(first, second)
  t.same((await reset(app, second)).json(), { status: 'OK' })
  for (const token of [first, second]) {
    t.same((await reset(app, token, 'correct horse 3')).json(), { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' })
  }
  t.equal(await trySignIn(app, user, NEW_PASSWORD), 'OK')
})

t.test('of two people with the same link one wins', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const token = await tokenFor(app, user.email)
  const passwords = ['correct horse 4', 'correct horse 5']
  const statuses = (await Promise.all(passwords.map((password) => reset(app, token, password)))).map((response) => response.json().status)
  t.same([...statuses].sort(), ['OK', 'RESET_PASSWORD_INVALID_TOKEN_ERROR'])
  t.equal(await trySignIn(app, user, String(passwords[statuses.indexOf('OK')])), 'OK')
})

t.test('a weak password is named and does not cost the link', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const token = await tokenFor(app, user.email)
  for (const password of ['short1', 'password1', '12345678', '', 'x1'.repeat(60)]) {
    const response = await reset(app, token, password)
    t.equal(response.statusCode, 200)
    t.match(response.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error: String }] }, password)
  }
  t.equal(await trySignIn(app, user, user.password), 'OK', 'the old one still works')
  t.same((await reset(app, token)).json(), { status: 'OK' })
})

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`a reset ends every ${transferMethod} session, finished or not, and nobody else's`, async (t) => {
    const app = await buildWithCriticalRoute(t)
    const user = await signInWithSecondFactor(app, { transferMethod })
    const unfinished = await signIn(app, { ...user, transferMethod })
    const bystander = await signInWithSecondFactor(app, { transferMethod })
    for (const { session } of [user, unfinished, bystander]) t.equal((await session.inject('/critical')).statusCode, 200)
    const challenge = await requestCode(app, unfinished)

    t.same((await reset(app, await tokenFor(app, user.email))).json(), { status: 'OK' })

    const consumed = await unfinished.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
    t.equal(consumed.statusCode, 401, 'a session that had only the password cannot be finished')
    for (const [name, { session }] of Object.entries({ finished: user, unfinished })) {
      // As a thief has it, who does not drop the cookies that the service clears.
      t.equal((await session.copy().inject('/critical')).statusCode, 401, `${name}: a route that asks the Core`)
      const code = await session.copy().inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } })
      t.equal(code.statusCode, 401, `${name}: a new code`)
      t.equal(await refresh(session.copy()), 401, `${name}: a refresh`)
    }
    t.equal((await bystander.session.inject('/critical')).statusCode, 200)
    t.equal(await refresh(bystander.session), 200)
  })
}

t.test('a reset that fails ends no session', async (t) => {
  const app = await buildWithCriticalRoute(t)
  const user = await signInWithSecondFactor(app)
  const token = await tokenFor(app, user.email)
  await reset(app, token, 'weak')
  await reset(app, 'wrong')
  t.equal((await user.session.inject('/critical')).statusCode, 200)
  t.equal(await refresh(user.session), 200)
})

t.test('the second factor and its phone stay as they are', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  await reset(app, await tokenFor(app, user.email))

  const again = await signIn(app, { ...user, password: NEW_PASSWORD })
  t.equal(again.userId, user.userId)
  t.equal((await again.session.inject('/me')).statusCode, 403, 'a new password is the first factor alone')
  // Mallory, who reads Alice's mail, has a password now but not the phone.
  const elsewhere = await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  isRefused(t, elsewhere, 'AUTH_PHONE_MISMATCH')
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/me')).json().phoneNumber, user.phoneNumber)
})

t.test('links lead to the website that asked, if it is one of ours', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const origins = [
    [FIRST, FIRST], [SECOND, SECOND], ['https://evil.example.com', FIRST], [`${SECOND}.evil.example.com`, FIRST],
    [`${SECOND}/`, FIRST], ['null', FIRST], ['', FIRST]
  ] as const
  for (const [origin, website] of origins) {
    t.same((await forget(app, user.email, { origin, referer: origin, 'x-forwarded-host': 'evil.example.com', host: 'evil.example.com' })).json(), { status: 'OK' })
    t.equal(new URL(String(app.twoFactor.outbox.last(user.email)?.link)).origin, website, origin)
  }
})

t.test('codes are bound to the website that asked, if it is one of ours, and so are those that are sent again', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const ask = async (path: string, origin: string | undefined, payload: object) => {
    const headers = { ...(origin !== undefined && { origin, referer: origin }), 'x-forwarded-host': 'evil.example.com', host: 'evil.example.com' }
    const answer = (await user.session.inject({ method: 'POST', url: `/auth/signinup/code${path}`, headers, payload })).json()
    t.equal(answer.status, 'OK')
    const { code, body } = app.twoFactor.outbox.last(user.phoneNumber) ?? {}
    return { challenge: answer, line: body?.split('\n').at(-1)?.replace(` #${code}`, ' #') }
  }
  const hosts = [
    [FIRST, 'localhost'], [SECOND, 'app.example.com'], ['https://evil.example.com', 'localhost'], [`${SECOND}.evil.example.com`, 'localhost'],
    ['http://app.example.com', 'localhost'], ['null', 'localhost'], [undefined, 'localhost']
  ] as const
  for (const [origin, host] of hosts) {
    const { challenge, line } = await ask('', origin, { phoneNumber: user.phoneNumber })
    t.equal(line, `@${host} #`, `asked by ${origin}`)
    t.equal((await ask('/resend', origin, challenge)).line, `@${host} #`, `again, ${origin}`)
    t.equal((await ask('/resend', SECOND, challenge)).line, '@app.example.com #', 'who goes on elsewhere gets the code there')
  }
  await Passwordless.sendSms({
    type: 'PASSWORDLESS_LOGIN', isFirstFactor: false, phoneNumber: user.phoneNumber, userInputCode: '123456', codeLifetime: 300_000, preAuthSessionId: 'x', tenantId: 'public'
  })
  t.match(app.twoFactor.outbox.last(user.phoneNumber)?.body, /\n@localhost #123456$/, 'a host without a request')
})

t.test('wrong tokens and input that makes no sense', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  for (const token of ['', 'wrong', 'x'.repeat(512), '../../']) {
    t.same((await reset(app, token)).json(), { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' })
  }

  const formFields = [{ id: 'password', value: NEW_PASSWORD }]
  for (const payload of [
    {}, { formFields }, { token: 'x' }, { token: null, formFields }, { token: 7, formFields }, { token: ['x'], formFields }, { token: 'x'.repeat(10_000), formFields },
    { token: 'x', formFields: [{ id: 'password', value: 7 }] }, { token: 'x', formFields: [...formFields, { id: 'email', value: user.email }] }, { token: 'x', formFields: null }
  ]) {
    const response = await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload })
    t.match(response.json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ }, JSON.stringify(payload).slice(0, 80))
  }
  for (const value of [7, null, {}, [], ['a@example.com'], undefined]) {
    const response = await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value }] } })
    isRefused(t, response, 'AUTH_BODY_INVALID', JSON.stringify(value))
  }
  const response = await forget(app, 'no address')
  t.match(response.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email' }] })
  t.same(app.twoFactor.outbox.entries(), [])
  t.equal(await trySignIn(app, user, user.password), 'OK')
})

t.test('a session in the request changes nothing: the link says whose password it is', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const mallory = await signUp(app)
  const token = await tokenFor(app, alice.email)
  const payload = { method: 'token', token, userId: mallory.userId, formFields: [{ id: 'password', value: NEW_PASSWORD }] }
  t.same((await mallory.session.inject({ method: 'POST', url: '/auth/user/password/reset', payload })).json(), { status: 'OK' })
  t.equal(await trySignIn(app, alice, NEW_PASSWORD), 'OK')
  t.equal(await trySignIn(app, mallory, mallory.password), 'OK')
  t.equal((await createTestSession(app).inject('/me')).statusCode, 401)
})
