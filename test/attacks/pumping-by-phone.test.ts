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
  limits: { signIn: false, signUps: false, sends: { unansweredElsewhere: 6 } }
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
  app.outbox.clear()
  for (let i = 20; i < 32; i++) {
    await signUp(app, { phoneNumber: numberOf(i) })
    t.same((await forget(app, numberOf(i), `203.0.113.${i}`)).json(), { status: 'OK' }, 'nobody is told')
    clock.pass(601)
  }
  t.equal(app.outbox.entries().length, 7)
  await forget(app, owner.phoneNumber, '203.0.113.99')
  t.ok(app.outbox.last(owner.phoneNumber)?.link, 'the owner gets a link')
})

t.test('neither codes nor links go to a premium number that somebody signed up with', async (t) => {
  const app = await build(t)
  const user = await signUp(app, { phoneNumber: '+19002345678' })
  t.match(await ask(user, '203.0.113.1'), { status: 'GENERAL_ERROR', message: /kind of number/ })
  await forget(app, user.phoneNumber, '203.0.113.2')
  t.same(app.outbox.entries(), [])
})

t.test('reset links that one address asks for to numbers that nobody has proved: few, and others still get theirs', async (t) => {
  const app = await build(t)
  for (let i = 40; i < 47; i++) {
    await signUp(app, { phoneNumber: numberOf(i) })
    t.same((await forget(app, numberOf(i), '203.0.113.7')).json(), { status: 'OK' }, 'nobody is told')
    clock.pass(61)
  }
  t.equal(app.outbox.entries().length, 4)
  await signUp(app, { phoneNumber: numberOf(47) })
  await forget(app, numberOf(47), '203.0.113.8')
  t.ok(app.outbox.last(numberOf(47))?.link)
})

t.test('where somebody signs up with a number or resets its password, the network is known, however the number is written', async (t) => {
  const app = await build(t)
  const number = '+12125550177'
  const post = (url: string, remoteAddress: string, payload: object) => app.inject({ method: 'POST', url, remoteAddress, payload })
  const fields = [{ id: 'email', value: '+1 (212) 555-0177' }, { id: 'password', value: 'correct horse 1' }]
  t.equal((await post('/auth/signup', '198.51.100.1', { formFields: fields })).json().status, 'OK')
  await forget(app, number, '198.51.100.2')
  const token = new URL(String(app.outbox.last(number)?.link)).searchParams.get('token')
  const reset = { method: 'token', token, formFields: [{ id: 'password', value: 'correct horse 2' }] }
  t.equal((await post('/auth/user/password/reset', '198.51.100.3', reset)).json().status, 'OK')
  const known = await Promise.all([1, 2, 3].map((i) => app.limits!.known.has(number, `198.51.100.${i}`)))
  t.same(known, [true, false, true])
})
