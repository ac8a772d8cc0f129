import t, { type Test } from 'tap'
import { changePhoneNumber } from '../../src/index.js'
import { createTestSession, newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { again, askToChange, changePhone, isAlive, linkIn, linkTo, noticesTo, post, requestCode, undo } from './change.js'

const clock = stopClock()
const build = (t: Test) => buildApp(t, { firstFactor: 'phone-password', secondFactors: ['sms', 'email'] })

/** Whether the password and this number sign in, and its code passes. */
async function signsInWith (app: Parameters<typeof signIn>[0], user: SignedInUser, number: string): Promise<boolean> {
  try {
    const { session } = await again(app, { ...user, email: number, phoneNumber: number })
    return (await session.inject('/sessioninfo')).json().userId === user.userId
  } catch {
    return false
  }
}

t.test('with phone + password, the account signs in with the new number once it has answered', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const other = await again(app, alice)
  const number = newPhoneNumber()
  const answer = await askToChange(app, alice.session, number)
  t.equal(await signsInWith(app, alice, number), false)
  t.match(await post(alice.session, '/account/phone/verify', answer), { status: 'OK' })
  await app.twoFactor.delivered()
  t.equal(await isAlive(alice.session), true)
  t.equal(await isAlive(other.session), false)
  t.match((await alice.session.inject('/me')).json(), { phoneNumber: number, emails: [number] })
  t.equal(await signsInWith(app, alice, number), true)
  t.equal(await signsInWith(app, alice, alice.phoneNumber), false)

  t.strictSame([noticesTo(app, alice.phoneNumber).length, noticesTo(app, number).length], [1, 0], 'the old number is told')
  t.match(await undo(app, linkTo(app, alice.phoneNumber)), { status: 'OK' })
  t.equal(await isAlive(alice.session), false)
  t.equal(await signsInWith(app, alice, alice.phoneNumber), true)
  t.equal(await signsInWith(app, alice, number), false)
})

t.test('whose the number is already, Mallory learns only with a code that went to it', async (t) => {
  const app = await build(t)
  const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const ofNobody = await post(mallory.session, '/account/phone', { phoneNumber: newPhoneNumber() })
  const ofAlice = await post(mallory.session, '/account/phone', { phoneNumber: alice.phoneNumber })
  t.strictSame(Object.keys(ofAlice), Object.keys(ofNobody))
  t.match(ofAlice, { status: 'OK' })
  t.match(await post(mallory.session, '/account/phone/verify', await askToChange(app, mallory.session, alice.phoneNumber)), { status: 'GENERAL_ERROR', code: 'AUTH_NUMBER_TAKEN' })
  t.equal(await signsInWith(app, alice, alice.phoneNumber), true)
  t.equal(await signsInWith(app, mallory, mallory.phoneNumber), true)
})

t.test('a number that somebody signed up with and never proved can be taken', async (t) => {
  const app = await build(t)
  const squatter = await signUp(app)
  const alice = await signInWithSecondFactor(app)
  t.match(await post(alice.session, '/account/phone/verify', await askToChange(app, alice.session, squatter.phoneNumber)), { status: 'OK' })
  t.equal(await signsInWith(app, alice, squatter.phoneNumber), true)
  t.equal(await isAlive(squatter.session), false)
})

t.test('the number of a new account that took the old one comes back, unless that account has proved it', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const stolen = await changePhone(app, alice)
  clock.pass(1)
  // Mallory signs up with the old number, so that it is not free.
  await signUp(app, { phoneNumber: alice.phoneNumber, email: alice.phoneNumber, password: 'correct horse 2' })
  t.match(await undo(app, linkTo(app, alice.phoneNumber)), { status: 'OK', message: /^The change is undone/ })
  t.equal(await signsInWith(app, alice, alice.phoneNumber), true)
  t.equal(await signsInWith(app, alice, stolen), false)

  const bob = await signInWithSecondFactor(app)
  const taken = await changePhone(app, bob)
  clock.pass(1)
  const link = linkTo(app, bob.phoneNumber)
  const anew = await signUp(app, { phoneNumber: bob.phoneNumber, email: bob.phoneNumber, password: 'correct horse 2' })
  await passSecondFactor(app, anew)
  t.match(await undo(app, link), { status: 'OK', message: /^The old number has another account by now/ })
  t.equal(await signsInWith(app, bob, taken), false, 'Mallory is out')
  t.equal(await signsInWith(app, anew, bob.phoneNumber), true, 'and whoever has proved the number keeps it')
})

t.test('the first of several links brings the first number back', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const first = await changePhone(app, alice)
  const link = linkTo(app, alice.phoneNumber)
  const second = await changePhone(app, alice)
  t.equal(linkIn(noticesTo(app, alice.phoneNumber).at(-1)!), undefined)
  t.match(await undo(app, link), { status: 'OK' })
  for (const [number, works] of [[alice.phoneNumber, true], [first, false], [second, false]] as const) t.equal(await signsInWith(app, alice, number), works)
})

t.test('a sign-in with the old number that is under way does not end in a session of use', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const waiting = await signIn(app, alice)
  const code = await requestCode(app, waiting)
  await changePhone(app, alice)
  t.match(await post(waiting.session, '/signinup/code/consume', code), { statusCode: 401 })
})

t.test('the number cannot be removed: the account signs in with it', async (t) => {
  const app = await build(t)
  const { session } = await signInWithSecondFactor(app)
  t.equal((await session.inject({ method: 'POST', url: '/auth/account/phone/remove', payload: {} })).statusCode, 404)
  t.match(await post(createTestSession(app), '/account/phone', { phoneNumber: newPhoneNumber() }), { statusCode: 401 })
})

t.test('what is added is told at the number, and undone by the link there', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const asked = await post(alice.session, '/signinup/code', { email: 'mallory@example.com' })
  const code = app.twoFactor.outbox.last('mallory@example.com')?.code
  t.match(await post(alice.session, '/signinup/code/consume', { ...asked, userInputCode: code }), { status: 'OK' })
  await app.twoFactor.delivered()
  t.match(noticesTo(app, alice.phoneNumber).at(-1)?.body, /^Somebody has added a second factor/)
  await changePhone(app, await again(app, alice))
  t.match(await undo(app, linkIn(noticesTo(app, alice.phoneNumber).find(({ body }) => body.startsWith('Somebody has added'))!)!), { status: 'OK' })
  const { session } = await again(app, alice)
  t.match((await session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { factors: { alreadySetup: ['otp-phone'] } })
})

t.test('with the stolen phone whose number an operator has replaced, Mallory undoes nothing', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  // He has her phone and her session, and moves the account to a number of his own.
  const ofMallory = await changePhone(app, alice)
  const link = linkTo(app, alice.phoneNumber)
  const number = newPhoneNumber()
  await changePhoneNumber(app, alice.userId, { number, by: 'otto', reason: 'seen in person' })
  t.match(await undo(app, link), { code: 'AUTH_CONTEST_LINK_INVALID' })
  for (const known of [alice.phoneNumber, ofMallory]) t.equal(await signsInWith(app, alice, known), false)
  t.equal(await signsInWith(app, alice, number), true)
})
