import t, { type Test } from 'tap'
import supertokens from 'supertokens-node'
import { Passwordless, UserMetadata } from '../../src/supertokens/for-hosts.js'
import { newPhoneNumber, requestCode, signIn, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { changePhone, getsIn, noticesTo, post } from '../account/change.js'
import { callsOf } from '../attacks/suite/hold-call.js'
import { build as buildApp } from '../helper.js'
import { isRefused } from '../refused.js'

const build = (t: Test) => buildApp(t, { limits: { sends: false, signIn: false, signUps: false, mails: false } })

const KEY = 'fastify-2fa:phone-number'
const metadataOf = async ({ userId }: { userId: string }) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const write = (userId: string, update: object) => UserMetadata.updateUserMetadata(userId, update as never)
const looksUp = (calls: string[]) => calls.filter((call) => call === 'GET /user/id').length

async function login (app: Awaited<ReturnType<typeof build>>, user: SignedInUser): Promise<unknown> {
  const again = await signIn(app, user)
  return (await post(again.session, '/signinup/code/consume', await requestCode(app, again))).status
}

/** As somebody with the Core's key does it: nothing of ours learns of it. */
async function giveNumber (user: SignedInUser, phoneNumber: string): Promise<void> {
  const { passwordlessUserId } = await metadataOf(user)
  await Passwordless.updateUser({ recipeUserId: supertokens.convertToRecipeUserId(String(passwordlessUserId)), phoneNumber })
}

t.test('the number is written down with the enrolment: a login asks the Core for no user of a phone', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const { passwordlessUserId: user, [KEY]: written } = await metadataOf(alice)
  t.same(written, { user, number: alice.phoneNumber })
  const calls = await callsOf(async () => { t.equal(await login(app, alice), 'OK') })
  t.equal(looksUp(calls), 0)
  t.equal(calls.length, 13, calls.join('\n'))
})

t.test('who enrolled before it was written down signs in as before, and it is written down then', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const { passwordlessUserId: user } = await metadataOf(alice)
  await write(alice.userId, { [KEY]: null })
  t.ok(looksUp(await callsOf(async () => { t.equal(await login(app, alice), 'OK') })) > 0)
  t.same((await metadataOf(alice))[KEY], { user, number: alice.phoneNumber })
  t.equal(looksUp(await callsOf(async () => { t.equal(await login(app, alice), 'OK') })), 0)
})

t.test('what is written down is no number of another record, and nothing but a number', async (t) => {
  const app = await build(t)
  const [alice, bob] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const { passwordlessUserId: own, [KEY]: written } = await metadataOf(alice)
  const { passwordlessUserId: other } = await metadataOf(bob)
  for (const stale of [written, { user: other }, { user: other, number: 42 }, { number: alice.phoneNumber }, alice.phoneNumber, [], true]) {
    await write(alice.userId, { passwordlessUserId: other, [KEY]: stale })
    const thief = await signIn(app, alice)
    t.equal((await thief.session.inject('/me')).json().phoneNumber ?? bob.phoneNumber, bob.phoneNumber)
    app.twoFactor.outbox.clear()
    isRefused(t, await thief.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: alice.phoneNumber } }), 'AUTH_PHONE_MISMATCH')
    t.same(app.twoFactor.outbox.entries(), [], 'nothing goes to the number that is pinned no more')
    t.equal(await getsIn(app, alice, bob.phoneNumber), true, JSON.stringify(stale))
  }
  await write(alice.userId, { passwordlessUserId: own, [KEY]: { user: other, number: bob.phoneNumber } })
  t.equal(await getsIn(app, alice, alice.phoneNumber), true)
})

t.test('another replica changes the phone between the steps of a login', async (t) => {
  const [app, replica] = [await build(t), await build(t)]
  const alice = await signInWithSecondFactor(replica)
  const started = await signIn(app, alice)
  const answer = await requestCode(app, started)
  const number = await changePhone(replica, alice)
  t.match((await metadataOf(alice))[KEY], { number })
  app.twoFactor.outbox.clear()
  for (const [path, payload] of [['/signinup/code', { phoneNumber: alice.phoneNumber }], ['/signinup/code/resend', answer], ['/signinup/code/consume', answer]] as const) {
    t.equal((await started.session.copy().inject({ method: 'POST', url: `/auth${path}`, payload })).statusCode, 401, path)
  }
  t.same(app.twoFactor.outbox.entries(), [])
  t.equal(await getsIn(app, alice, number), true)
  t.equal(await getsIn(app, alice, alice.phoneNumber), false)
})

t.test('the user of the phone gets another number in the Core, of which nobody tells us', async (t) => {
  const app = await build(t)
  const refused = { status: 'GENERAL_ERROR', code: 'AUTH_PHONE_MISMATCH' }

  await t.test('before the code is asked for: it opens nothing, and asking again finds it out', async (t) => {
    const alice = await signInWithSecondFactor(app)
    const number = newPhoneNumber()
    await giveNumber(alice, number)
    const started = await signIn(app, alice)
    const answer = await requestCode(app, started)
    app.twoFactor.outbox.clear()
    t.match(await post(started.session, '/signinup/code/resend', answer), refused)
    t.same(app.twoFactor.outbox.entries(), [])
    t.match(await post(started.session, '/signinup/code/consume', answer), refused)
    t.equal((await started.session.inject('/me')).statusCode, 403)
    t.equal(await getsIn(app, alice, number), true)
    t.equal((await metadataOf(alice))[KEY] !== undefined, true, 'and the new one is written down')
  })

  await t.test('and somebody has the old one', async (t) => {
    const alice = await signInWithSecondFactor(app)
    const number = newPhoneNumber()
    await giveNumber(alice, number)
    const thief = await signIn(app, alice)
    t.match(await post(thief.session, '/signinup/code/consume', await requestCode(app, thief)), refused, 'the Core says whose code it was')
    t.equal((await thief.session.inject('/me')).statusCode, 403)
    t.equal(await getsIn(app, alice, alice.phoneNumber), false)
    t.equal(await getsIn(app, alice, number), true)
  })

  await t.test('and a client that knows the new one names it', async (t) => {
    const alice = await signInWithSecondFactor(app)
    const number = newPhoneNumber()
    await giveNumber(alice, number)
    t.equal(await getsIn(app, alice, number), true)
  })

  await t.test('attack: the link that undoes the next change goes to whoever has the old one', async (t) => {
    const alice = await signInWithSecondFactor(app)
    const number = newPhoneNumber()
    await giveNumber(alice, number)
    app.twoFactor.outbox.clear()
    await changePhone(app, alice)
    t.equal(noticesTo(app, alice.phoneNumber).length, 0)
    t.equal(noticesTo(app, number).length, 1)
  })

  await t.test('and the user is deleted', async (t) => {
    const alice = await signInWithSecondFactor(app)
    await supertokens.deleteUser(String((await metadataOf(alice)).passwordlessUserId))
    const started = await signIn(app, alice)
    const answer = await requestCode(app, started)
    t.match(await post(started.session, '/signinup/code/consume', answer), { status: 'GENERAL_ERROR', code: 'AUTH_PHONE_BROKEN' })
    t.equal((await started.session.inject('/me')).statusCode, 403)
    const later = await signIn(app, alice)
    isRefused(t, await later.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: alice.phoneNumber } }), 'AUTH_PHONE_BROKEN')
  })
})
