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
  t.match(await ask(user, '203.0.113.1'), { status: 'GENERAL_ERROR', message: /kind of number/ })
  await forget(app, user.phoneNumber, '203.0.113.2')
  t.same(app.twoFactor.outbox.entries(), [])
})
