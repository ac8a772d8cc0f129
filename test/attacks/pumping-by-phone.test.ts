import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** Phone + password: whoever signs up with a number has an account of it, and nobody has proved it yet. */
const build = (t: Test) => buildApp(t, {
  firstFactor: 'phone-password',
  passwordReset: true,
  limits: { signIn: false, sends: { unansweredElsewhere: 6 } }
})

const AREAS = [212, 213, 312, 415, 646, 202, 305, 617, 713, 702]
const numberOf = (i: number): string => `+1${AREAS[i % AREAS.length]}555${1000 + i}`
const ask = async (user: SignedInUser, remoteAddress: string) =>
  (await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber }, remoteAddress })).json()
const forget = (app: FastifyInstance, value: string, remoteAddress: string) =>
  app.inject({ method: 'POST', url: '/auth/user/password/reset/token', remoteAddress, payload: { formFields: [{ id: 'email', value }] } })

t.test('accounts of numbers that nobody has proved are watched; those that have answered are not', async (t) => {
  const app = await build(t)
  const owner = await signInWithSecondFactor(app, { phoneNumber: '+12125550123' })
  let sent = 0
  for (let i = 0; i < 12; i++) {
    const { status } = await ask(await signUp(app, { phoneNumber: numberOf(i) }), `203.0.113.${i}`)
    if (status === 'OK') sent++
    clock.pass(601)
  }
  // The owner's answer lets one and a half more pass.
  t.equal(sent, 7)
  t.match(await ask(await signIn(app, owner), '203.0.113.99'), { status: 'OK', sendsLeft: 4 })
})

t.test('reset links to numbers that nobody has proved are watched as codes are', async (t) => {
  const app = await build(t)
  const owner = await signInWithSecondFactor(app, { phoneNumber: '+12125550124' })
  app.twoFactor.outbox.clear()
  for (let i = 20; i < 32; i++) {
    await signUp(app, { phoneNumber: numberOf(i) })
    t.same((await forget(app, numberOf(i), `203.0.113.${i}`)).json(), { status: 'OK' }, 'nobody is told')
    clock.pass(601)
  }
  t.equal(app.twoFactor.outbox.entries().length, 7)
  await forget(app, owner.phoneNumber, '203.0.113.99')
  t.ok(app.twoFactor.outbox.last(owner.phoneNumber)?.link, 'the owner gets a link')
})

t.test('neither codes nor links go to a premium number that somebody signed up with', async (t) => {
  const app = await build(t)
  const user = await signUp(app, { phoneNumber: '+19002345678' })
  t.match(await ask(user, '203.0.113.1'), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /kind of number/ })
  await forget(app, user.phoneNumber, '203.0.113.2')
  t.same(app.twoFactor.outbox.entries(), [])
})

t.test('strangers who sign up with a number again and again leave its owner two sign-ups a day', async (t) => {
  const app = await build(t)
  const payload = { formFields: [{ id: 'email', value: '+14155550188' }, { id: 'password', value: 'correct horse 1' }] }
  const signUpFrom = async (remoteAddress: string) => (await app.inject({ method: 'POST', url: '/auth/signup', payload, remoteAddress })).json().status as string
  const statuses = []
  for (let i = 0; i < 9; i++) statuses.push(await signUpFrom(`2001:db8:7:${i}::1`))
  t.same(statuses, ['OK', 'OK', 'OK', 'OK', 'OK', 'OK', 'OK', 'GENERAL_ERROR', 'GENERAL_ERROR'], 'a /48 is one network')
  t.same([await signUpFrom('198.51.100.7'), await signUpFrom('198.51.100.7'), await signUpFrom('198.51.100.7')], ['OK', 'OK', 'GENERAL_ERROR'])
})

t.test('the owner of a number ends a stranger\'s account of it by a reset link, too', async (t) => {
  const app = await build(t)
  const phoneNumber = '+14155550199'
  const mallory = await signUp(app, { phoneNumber, password: 'mallory knows 1' })
  await forget(app, phoneNumber, '203.0.113.50')
  const token = new URL(String(app.twoFactor.outbox.last(phoneNumber)?.link)).searchParams.get('token')
  const reset = await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [{ id: 'password', value: 'alice knows 1' }] } })
  t.equal(reset.json().status, 'OK')
  t.equal((await mallory.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401)
  const alice = await signIn(app, { ...mallory, password: 'alice knows 1' })
  t.equal((await ask(alice, '203.0.113.50')).status, 'OK')
})

t.test('reset links that one address asks for to numbers that nobody has proved: few, and others still get theirs', async (t) => {
  const app = await build(t)
  for (let i = 40; i < 47; i++) {
    await signUp(app, { phoneNumber: numberOf(i) })
    t.same((await forget(app, numberOf(i), '203.0.113.7')).json(), { status: 'OK' }, 'nobody is told')
    clock.pass(61)
  }
  t.equal(app.twoFactor.outbox.entries().length, 4)
  await signUp(app, { phoneNumber: numberOf(47) })
  await forget(app, numberOf(47), '203.0.113.8')
  t.ok(app.twoFactor.outbox.last(numberOf(47))?.link)
})

t.test('where somebody signs up with a number or resets its password, the network is known, however the number is written', async (t) => {
  const app = await build(t)
  const number = '+12125550177'
  const post = (url: string, remoteAddress: string, payload: object) => app.inject({ method: 'POST', url, remoteAddress, payload })
  const fields = [{ id: 'email', value: '+1 (212) 555-0177' }, { id: 'password', value: 'correct horse 1' }]
  t.equal((await post('/auth/signup', '198.51.100.1', { formFields: fields })).json().status, 'OK')
  await forget(app, number, '198.51.100.2')
  const token = new URL(String(app.twoFactor.outbox.last(number)?.link)).searchParams.get('token')
  const reset = { method: 'token', token, formFields: [{ id: 'password', value: 'correct horse 2' }] }
  t.equal((await post('/auth/user/password/reset', '198.51.100.3', reset)).json().status, 'OK')
  const known = await Promise.all([1, 2, 3].map((i) => app.twoFactor.limits!.known.has(number, `198.51.100.${i}`)))
  t.same(known, [true, false, true])
})
