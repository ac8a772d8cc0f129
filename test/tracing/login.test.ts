import { trace } from '@opentelemetry/api'
import t from 'tap'
import { DeliveryFailed } from '../../src/errors.js'
import type { MailMessage, SmsMessage } from '../../src/index.js'
import { createTestSession, newPhoneNumber, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { flat, inRequest, outline, record } from './recorder.js'

const recorded = record(t)

/** What a sender does, by the test. */
let sending: (message: SmsMessage | MailMessage) => void = () => {}
const outbox = (message: SmsMessage | MailMessage, channel: 'sms' | 'mail') => {
  sending(message)
  app.twoFactor.outbox.add({ channel, ...message })
}

const app = await build(t, {
  core: { embedded: { config: { bcrypt_log_rounds: 4 } } },
  sms: { name: 'own-sms', async send (message) { outbox(message, 'sms') } },
  mail: { name: 'own-mail', async send (message) { outbox(message, 'mail') } },
  limits: { sends: { perAddressInTenMinutes: 100, perAddressInADay: 100 }, signUps: false }
})

t.test('a first visit is one tree: the first factor, the code that goes out, its answer and the enrolment', async (t) => {
  await inRequest(recorded, () => signInWithSecondFactor(app))
  t.strictSame(outline(recorded.roots()), [
    'request',
    ' first_factor.sign_up',
    '  GET /apiversion',
    '  GET /recipe/multitenancy/tenant/v2',
    '  GET /users/by-accountinfo',
    '  POST /recipe/signup',
    '   password.hash',
    '  GET /recipe/roles',
    '  GET /recipe/user/metadata',
    '  POST /recipe/session',
    ' second_factor.ask',
    '  GET /.well-known/jwks.json',
    '  GET /recipe/session',
    '  limits.windows',
    '  POST /recipe/signinup/code',
    '  PUT /recipe/session/data',
    '  sms.send',
    ' second_factor.answer',
    '  limits.tries',
    '  POST /recipe/signinup/code/consume',
    '  PUT /recipe/user/metadata',
    '  second_factor.enrol',
    '   PUT /recipe/user/metadata',
    '  GET /recipe/session/user',
    '  GET /user/id',
    '  session.rotate',
    '   POST /recipe/session',
    '   POST /recipe/session/remove'
  ])
  const spans = flat(recorded.roots())
  t.same(spans.filter(({ failed }) => failed), [])
  const named = (name: string) => spans.find((span) => span.name === name)
  t.match(named('first_factor.sign_up'), { kind: 'INTERNAL', attributes: { 'fastify_2fa.factor': 'password', 'fastify_2fa.outcome': 'OK' }, events: ['first-factor.passed'] })
  t.match(named('POST /recipe/signup'), { kind: 'INTERNAL', attributes: { 'http.request.method': 'POST', 'url.template': '/recipe/signup', 'http.response.status_code': 200 } })
  t.match(named('password.hash'), { attributes: { 'fastify_2fa.wait': Number } })
  t.match(named('sms.send'), { kind: 'CLIENT', attributes: { 'fastify_2fa.channel': 'sms', 'fastify_2fa.sender': 'own-sms' } })
  t.match(named('second_factor.answer'), { attributes: { 'fastify_2fa.factor': 'sms' }, events: ['second-factor.enrolled', 'second-factor.passed'] })
  t.match(recorded.spans()[0]?.instrumentationScope, { name: 'fastify-2fa', version: /^\d/ })
})

t.test('a wrong password and a wrong code are outcomes, not failures', async (t) => {
  const user = await signInWithSecondFactor(app)
  const payload = { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: 'not the password 1' }] }
  await inRequest(recorded, () => app.inject({ method: 'POST', url: '/auth/signin', payload }))
  t.match(flat(recorded.roots()).find(({ name }) => name === 'first_factor.sign_in'), { failed: false, attributes: { 'fastify_2fa.outcome': 'WRONG_CREDENTIALS_ERROR' }, events: ['first-factor.failed'] })
  const again = await signIn(app, user)
  const challenge = await requestCode(app, again)
  const userInputCode = challenge.userInputCode === '000000' ? '000001' : '000000'
  await inRequest(recorded, () => again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode } }))
  t.match(flat(recorded.roots()).find(({ name }) => name === 'second_factor.answer'), { failed: false, attributes: { 'fastify_2fa.outcome': 'INCORRECT_USER_INPUT_CODE_ERROR' }, events: ['code.wrong'] })
  const other = await inRequest(recorded, () => again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } }))
  t.match(other.json(), { code: 'AUTH_PHONE_MISMATCH' })
  t.match(flat(recorded.roots()).find(({ name }) => name === 'second_factor.ask'), { failed: false, attributes: { 'fastify_2fa.outcome': 'AUTH_PHONE_MISMATCH' } })
})

t.test('a limit that is reached is a decision', async (t) => {
  const user = await signUp(app)
  await requestCode(app, user)
  await inRequest(recorded, () => user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } }))
  t.match(flat(recorded.roots()).filter(({ name }) => name === 'limits.windows').at(-1)?.attributes, { 'fastify_2fa.outcome': 'REFUSED' })
})

t.test('a sender that fails is a failure, with a code and none of its words', async (t) => {
  t.teardown(() => { sending = () => {} })
  const user = await signUp(app)
  sending = ({ to, code }) => { throw Object.assign(new Error(`no route to ${to} for ${code ?? ''}`), { code: code!, statusCode: 400 }) }
  await inRequest(recorded, () => user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } }))
  const sent = flat(recorded.roots()).find(({ name }) => name === 'sms.send')
  t.match(sent, { failed: true, attributes: { 'error.type': new DeliveryFailed().code, 'fastify_2fa.cause': 'status 400' } })
  t.same(sent?.events, [], 'no exception is recorded: its message is the provider\'s')
})

t.test('within a sender nothing else writes spans, which would hold whole addresses and tell the provider the trace', async (t) => {
  t.teardown(() => { sending = () => {} })
  const user = await signUp(app)
  const recording: boolean[] = []
  sending = () => {
    const span = trace.getTracer('an instrumentation').startSpan('POST')
    recording.push(span.isRecording())
    span.end()
  }
  await inRequest(recorded, () => requestCode(app, user))
  t.same(recording, [false])
})

t.test('the guard: no span for a token that it knows, one for what it has to look at or refuses', async (t) => {
  const user = await signInWithSecondFactor(app)
  const names = async (client: Pick<typeof user.session, 'inject'>) => {
    await inRequest(recorded, () => client.inject('/me'))
    return flat(recorded.roots()).filter(({ name }) => name.startsWith('session.')).map(({ name, attributes }) => [name, attributes['fastify_2fa.outcome']])
  }
  await user.session.inject('/me')
  t.same(await names(user.session), [])
  t.same(await names(createTestSession(app)), [['session.verify', 'REFUSED']])
  const half = await signUp(app)
  t.same(await names(half.session), [['session.verify', 'REFUSED']])
})

t.test('nothing of a person is in any span after all of it', async (t) => {
  recorded.reset()
  const secrets = new Set<string>()
  t.teardown(() => { sending = () => {} })
  sending = ({ to, body, code, link }) => {
    for (const secret of [to, body, code, link]) if (secret !== undefined) secrets.add(secret)
  }
  const user = await signInWithSecondFactor(app)
  await user.session.inject('/me')
  await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  await user.session.inject({ method: 'POST', url: '/auth/user/email/verify/token' })
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: user.email }] } })
  const token = new URL(app.twoFactor.outbox.last(user.email)?.link ?? '').searchParams.get('token')!
  await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { token, formFields: [{ id: 'password', value: 'another horse 2' }] } })
  const again = await signIn(app, { ...user, password: 'another horse 2' })
  await requestCode(app, again)
  await again.session.inject({ method: 'POST', url: '/auth/signout' })
  for (const secret of [user.email, user.phoneNumber, user.userId, token, 'correct horse', 'another horse 2', ...user.session.cookies.values(), ...again.session.cookies.values()]) secrets.add(secret)
  const text = JSON.stringify(recorded.spans().map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links })))
  t.ok(recorded.spans().length > 50)
  for (const secret of [...secrets].filter((one) => one.length > 4)) t.notOk(text.includes(secret), `a secret of ${secret.length} characters`)
  t.notMatch(text, /@example|%40|[?&]\w+=/)
})
