import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { passSecondFactor, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { codeTo, isAlive, linkTo, noticesTo, post, undo } from './change.js'

const clock = stopClock()
const build = (t: Test) => buildApp(t, { secondFactors: ['sms', 'email'], passwordReset: false, limits: { sends: false, signIn: false, signUps: false, mails: false } })

const newAddress = (): string => `${randomUUID()}@example.net`

/** An account whose only second factor is its mailbox. */
async function byMail (app: FastifyInstance): Promise<SignedInUser> {
  const user = await signUp(app)
  await passByMail(app, user, user.email)
  return user
}

async function passByMail (app: FastifyInstance, { session }: SignedInUser, address: string) {
  const asked = await post(session, '/signinup/code', { email: address })
  return await post(session, '/signinup/code/consume', { ...asked, userInputCode: asked.status === 'OK' ? codeTo(app, address) : '' })
}

async function change (app: FastifyInstance, user: SignedInUser, address: string) {
  const asked = await post(user.session, '/account/email-factor', { email: address })
  const changed = await post(user.session, '/account/email-factor/verify', { ...asked, userInputCode: codeTo(app, address) })
  await app.twoFactor.delivered()
  return changed
}

const getsIn = async (app: FastifyInstance, user: SignedInUser, address: string) => (await passByMail(app, await signIn(app, user), address)).status === 'OK'

t.test('an owner changes the address that codes go to', async (t) => {
  const app = await build(t)
  const alice = await byMail(app)
  const address = newAddress()
  t.match(await change(app, alice, address), { status: 'OK' })
  t.equal(await isAlive(alice.session), true)
  t.equal(await getsIn(app, alice, address), true)
  t.equal(await getsIn(app, alice, alice.email), false)
  t.match((await alice.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { emails: { 'otp-email': [`${address[0]}•••@example.net`] } })

  const second = newAddress()
  t.match(await change(app, alice, second), { status: 'OK' })
  t.match(noticesTo(app, address).at(-1)?.body, /^Somebody has changed the address that codes/)
  t.match(await undo(app, linkTo(app, address)), { status: 'OK' })
  t.equal(await isAlive(alice.session), false)
  t.equal(await getsIn(app, alice, address), true)
  t.equal(await getsIn(app, alice, second), false)
})

t.test('Mallory, who has the mailbox, touches nothing where the owner has a phone', async (t) => {
  const app = await build(t)
  const alice = await byMail(app)
  // A phone is stronger, and the mailbox vouches for it as the only factor there is.
  await passSecondFactor(app, alice)
  const mallory = await signIn(app, alice)
  t.match(await passByMail(app, mallory, alice.email), { status: 'OK' })
  for (const path of ['/account/email-factor', '/account/phone']) {
    t.match(await post(mallory.session, path, { email: newAddress(), phoneNumber: '+12125550199' }), { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENT_REFUSED' })
  }
  for (const path of ['/account/email-factor/remove', '/account/phone/remove']) t.match(await post(mallory.session, path), { code: 'AUTH_ENROLMENT_REFUSED' })
})

t.test('a phone is not removed where a mailbox would be left, and a mailbox is where the phone is', async (t) => {
  const app = await build(t)
  const alice = await byMail(app)
  t.match(await post(alice.session, '/account/email-factor/remove'), { code: 'AUTH_LAST_FACTOR' })
  await passSecondFactor(app, alice)
  t.match(await post(alice.session, '/account/phone/remove'), { status: 'GENERAL_ERROR', code: 'AUTH_WEAKER_FACTOR' })
  t.match(await post(alice.session, '/account/email-factor/remove'), { status: 'OK', wasEnrolled: true })
  t.match((await alice.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { factors: { alreadySetup: ['otp-phone'] } })
})

t.test('a code to the new address is no second factor, and one for signing in no change', async (t) => {
  const app = await build(t)
  const alice = await byMail(app)
  const address = newAddress()
  const asked = await post(alice.session, '/account/email-factor', { email: address })
  t.match(await post(alice.session, '/signinup/code/consume', { ...asked, userInputCode: codeTo(app, address) }), { status: 'RESTART_FLOW_ERROR' })
  t.match(await post(alice.session, '/account/phone/verify', { ...asked, userInputCode: codeTo(app, address) }), { status: 'RESTART_FLOW_ERROR' }, 'nor for another factor')
  clock.pass(301)
  t.match(await post(alice.session, '/account/email-factor/verify', { ...asked, userInputCode: codeTo(app, address) }), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.equal(await getsIn(app, alice, alice.email), true)
})
