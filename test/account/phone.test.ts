import t, { type Test } from 'tap'
import { UserMetadata } from '../../src/supertokens/for-hosts.js'
import { createTestSession, enrolTotp, newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { again, askToChange, changePhone, codeTo, getsIn, isAlive, linkIn, linkTo, noticesTo, post, requestCode, tokenIn, undo } from './change.js'

const clock = stopClock()
const build = (t: Test) => buildApp(t, { secondFactors: ['sms', 'totp'], recoveryCodes: true, limits: { sends: false, signIn: false, signUps: false, mails: false } })

const refused = { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENT_REFUSED' }
const restart = { status: 'RESTART_FLOW_ERROR' }

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`an owner changes the phone in a ${transferMethod} session: it counts once the new one has answered`, async (t) => {
    const app = await build(t)
    const events = recordAudit(t)
    const alice = await signInWithSecondFactor(app, { transferMethod })
    const other = await again(app, alice)
    const number = newPhoneNumber()

    const answer = await askToChange(app, alice.session, number)
    t.equal(await getsIn(app, alice, alice.phoneNumber), true, 'nothing has changed yet')
    t.match(await post(alice.session, '/account/phone/verify', { ...answer, userInputCode: answer.userInputCode === '000000' ? '111111' : '000000' }), { status: 'INCORRECT_USER_INPUT_CODE_ERROR' })
    t.match(await post(alice.session, '/account/phone/verify', { ...answer, userInputCode: `Your code: ${answer.userInputCode}` }), { status: 'OK' }, 'as people paste it')

    t.equal(await isAlive(alice.session), true, 'this session goes on')
    t.equal(await isAlive(other.session), false, 'the others end')
    t.match((await alice.session.inject('/me')).json(), { phoneNumber: number })
    t.match((await alice.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { phoneNumbers: { 'otp-phone': [number] }, factors: { alreadySetup: ['otp-phone', 'recovery-code'] } })
    t.equal(await getsIn(app, alice, number), true)
    t.equal(await getsIn(app, alice, alice.phoneNumber), false)
    t.match(events.filter(({ type }) => type === 'second-factor.changed'), [{ factor: 'sms', userId: alice.userId, phone: /^\+1•+\d\d$/ }])
  })
}

t.test('the owner is told by mail and at the old phone, with a link that undoes it for 72 hours', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  const alice = await signInWithSecondFactor(app)
  const number = await changePhone(app, alice)
  for (const to of [alice.email, alice.phoneNumber]) {
    const [notice, ...more] = noticesTo(app, to)
    t.equal(more.length, 0)
    t.match(notice?.body, /^Somebody has changed the phone number/)
    t.match(notice?.body, /It was on .+ UTC\./)
    t.match(notice?.body, `for 72 hours: ${String(linkIn(notice!))}`)
    t.notMatch(notice?.body, number)
  }
  t.equal(noticesTo(app, number).length, 0)

  t.match(await undo(app, linkTo(app, alice.phoneNumber)), { status: 'OK' })
  t.equal(await isAlive(alice.session), false, 'everybody is signed out')
  t.equal(await getsIn(app, alice, number), false)
  t.equal(await getsIn(app, alice, alice.phoneNumber), true)
  for (const to of [alice.email, alice.phoneNumber]) t.match(noticesTo(app, to).at(-1)?.body, /^Somebody has used a link to undo a change/)
  t.match(events.filter(({ type }) => type === 'second-factor.restored'), [{ userId: alice.userId }])

  const late = await signInWithSecondFactor(app)
  await changePhone(app, late)
  clock.pass(72 * 3600 + 1)
  t.match(await undo(app, linkTo(app, late.email)), { code: 'AUTH_CONTEST_LINK_INVALID' })
})

t.test('what cannot be a new number is said', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  t.match(await post(alice.session, '/account/phone', { phoneNumber: alice.phoneNumber }), { status: 'GENERAL_ERROR', message: /Codes go there already/ })
  t.match(await post(alice.session, '/account/phone', { phoneNumber: '123' }), { status: 'GENERAL_ERROR', message: 'Phone number is invalid' })
  t.match(await post(alice.session, '/account/phone', {}), { status: 'GENERAL_ERROR', code: 'AUTH_BODY_INVALID' })
  t.match(await post(alice.session, '/account/phone', { phoneNumber: '1'.repeat(257) }), { status: 'GENERAL_ERROR', code: 'AUTH_INPUT_TOO_LONG' })
})

t.test('an account without a phone has none to change', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await enrolTotp(app, alice)
  t.match(await post(alice.session, '/account/phone', { phoneNumber: newPhoneNumber() }), { status: 'GENERAL_ERROR', code: 'AUTH_FACTOR_NOT_ENROLLED' })
})

t.test('a recovery code stands in for the phone that is lost', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { recoveryCodes } = await post(alice.session, '/signinup/code/consume', await requestCode(app, alice)) as unknown as { recoveryCodes: string[] }
  const session = (await signIn(app, alice)).session
  t.match(await post(session, '/recovery-codes/verify', { code: recoveryCodes[0] }), { status: 'OK' })
  const number = await changePhone(app, { session })
  t.equal(await getsIn(app, alice, number), true)
})

t.test('Mallory, who has the password, changes nothing and learns nothing', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const mallory = await signIn(app, alice)
  for (const path of ['/account/phone', '/account/phone/verify', '/account/phone/remove']) {
    const payload = { phoneNumber: newPhoneNumber(), deviceId: 'a', preAuthSessionId: 'b', userInputCode: '123456' }
    t.match(await post(mallory.session, path, payload), { statusCode: 403, claimValidationErrors: [{ id: '2fa-completed' }] })
    t.match(await post(createTestSession(app), path, payload), { statusCode: 401 })
  }
  t.equal(await getsIn(app, alice, alice.phoneNumber), true)
})

t.test('a session whose factor passed more than five minutes ago changes nothing, nor does one that began in time', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  clock.pass(200)
  const answer = await askToChange(app, alice.session, newPhoneNumber())
  clock.pass(150)
  t.match(await post(alice.session, '/account/phone/verify', answer), refused)
  t.match(await post(alice.session, '/account/phone', { phoneNumber: newPhoneNumber() }), refused)
  t.match(await post(alice.session, '/account/phone/remove'), refused)
})

t.test('Mallory, who has the phone, does not change it where the owner has something stronger', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await enrolTotp(app, alice)
  const mallory = await again(app, alice)
  t.match(await post(mallory.session, '/account/phone', { phoneNumber: newPhoneNumber() }), refused)
  t.match(await post(mallory.session, '/account/phone/remove'), refused)
})

t.test('a code works in the session that asked for it, for what it was asked for, once', async (t) => {
  const app = await build(t)
  const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const number = newPhoneNumber()
  const answer = await askToChange(app, alice.session, number)
  const other = await again(app, alice)
  t.match(await post(other.session, '/account/phone/verify', answer), restart, 'in another session of hers')
  t.match(await post(mallory.session, '/account/phone/verify', answer), restart, 'in somebody else\'s')
  t.match(await post(alice.session, '/signinup/code/consume', answer), restart, 'it is no second factor')
  t.match(await post(alice.session, '/signinup/code/resend', answer), restart)
  t.match(await post(alice.session, '/account/phone/verify', answer), { status: 'OK' })
  t.match(await post(alice.session, '/account/phone/verify', answer), restart, 'again')
})

t.test('a code for signing in changes nothing, and none for the old number works afterwards', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const login = await requestCode(app, alice)
  t.match(await post(alice.session, '/account/phone/verify', login), restart)
  const waiting = await signIn(app, alice)
  const code = await requestCode(app, waiting)
  await changePhone(app, alice)
  t.match(await post(waiting.session, '/signinup/code/consume', code), { statusCode: 401 })
  t.match(await post(alice.session, '/signinup/code/consume', login), restart)
})

t.test('of two changes at the same moment one counts', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const other = await again(app, alice)
  const numbers = [newPhoneNumber(), newPhoneNumber()]
  const sessions = [alice.session, other.session]
  const answers = [await askToChange(app, sessions[0]!, numbers[0]!), await askToChange(app, sessions[1]!, numbers[1]!)]
  const results = await Promise.all(answers.map((answer, index) => post(sessions[index]!, '/account/phone/verify', answer)))
  const ok = results.filter(({ status }) => status === 'OK').length
  t.ok(ok <= 1, JSON.stringify(results))
  const inUse = [alice.phoneNumber, ...numbers]
  const works = []
  for (const number of inUse) works.push(await getsIn(app, alice, number))
  t.equal(works.filter(Boolean).length, 1, 'one number is the account\'s')
})

t.test('twenty guesses at once are few tries, and a new code does not reset the count', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const answer = await askToChange(app, alice.session, newPhoneNumber())
  const wrong = { ...answer, userInputCode: answer.userInputCode === '000000' ? '111111' : '000000' }
  const results = await Promise.all(Array.from({ length: 20 }, () => post(alice.session, '/account/phone/verify', wrong)))
  t.ok(results.filter(({ status }) => status === 'INCORRECT_USER_INPUT_CODE_ERROR').length <= 5)
  let last = {}
  for (let times = 6; times > 0; times--) last = await post(alice.session, '/account/phone/verify', wrong)
  t.match(last, { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' })
  t.match(await post(alice.session, '/account/phone', { phoneNumber: newPhoneNumber() }).then(async (asked) => asked.status === 'OK' ? await post(alice.session, '/account/phone/verify', { ...asked, userInputCode: '000000' }) : asked), { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' })
})

t.test('whatever Mallory does afterwards, the first link brings everything back', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  // Mallory has found the browser open.
  const { session } = alice
  const first = await changePhone(app, { session })
  const link = linkTo(app, alice.phoneNumber)
  clock.pass(60)
  const second = await changePhone(app, { session })
  const secondLink = linkTo(app, first)
  t.match(noticesTo(app, alice.phoneNumber).at(-1)?.body, 'use the link of the first message')
  t.equal(linkIn(noticesTo(app, alice.phoneNumber).at(-1)!), undefined, 'Alice does not get a link that brings Mallory\'s number back')
  clock.pass(60)
  const secret = await enrolTotp(app, { session })
  t.match(await post(session, '/account/phone/remove'), { status: 'OK', wasEnrolled: true })
  t.match(await post(session, '/recovery-codes'), { status: 'OK' })

  const page = await app.inject(`/auth/account/contest?token=${tokenIn(secondLink)}`)
  t.match(page.body, 'If there was an earlier change that was not yours either')
  t.match(await undo(app, link), { status: 'OK' })
  t.equal(await isAlive(session), false)
  t.equal(await getsIn(app, alice, alice.phoneNumber), true)
  for (const number of [first, second]) t.equal(await getsIn(app, alice, number), false)
  const mallory = await signIn(app, alice)
  t.match((await mallory.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { factors: { next: ['otp-phone'], alreadySetup: ['otp-phone', 'recovery-code'] } }, 'the app that Mallory added is gone')
  t.match(await undo(app, secondLink), { code: 'AUTH_CONTEST_LINK_INVALID' }, 'Mallory undoes nothing of it')
  t.ok(secret)
})

t.test('Mallory does not push the link out by changing again and again', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await changePhone(app, alice)
  const link = linkTo(app, alice.email)
  let changes = 1
  let answer = {}
  while (changes < 20) {
    clock.pass(20)
    answer = await post(alice.session, '/account/phone', { phoneNumber: newPhoneNumber() })
    if ((answer as { status?: string }).status !== 'OK') break
    const to = app.twoFactor.outbox.last()!.to
    answer = await post(alice.session, '/account/phone/verify', { ...answer, userInputCode: codeTo(app, to) })
    if ((answer as { status?: string }).status !== 'OK') break
    changes++
  }
  t.match(answer, { code: 'AUTH_CONTESTS_FULL' })
  t.equal(changes, 10)
  t.match(await undo(app, link), { status: 'OK' })
  t.equal(await getsIn(app, alice, alice.phoneNumber), true)
})

t.test('a phone is removed where something as strong stays', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  t.match(await post(alice.session, '/account/phone/remove'), { status: 'GENERAL_ERROR', code: 'AUTH_LAST_FACTOR' })
  await enrolTotp(app, alice)
  t.match(await post(alice.session, '/account/phone/remove'), { status: 'OK', wasEnrolled: true })
  t.match(await post(alice.session, '/account/phone/remove'), { status: 'OK', wasEnrolled: false })
  t.equal((await alice.session.inject('/me')).json().phoneNumber, undefined)
  t.match((await alice.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { factors: { alreadySetup: ['totp', 'recovery-code'] }, phoneNumbers: {} })
  t.equal(await getsIn(app, alice, alice.phoneNumber), false)
  t.match(noticesTo(app, alice.email).at(-1)?.body, /^Somebody has removed a second factor/)
  t.match(await undo(app, linkTo(app, alice.email)), { status: 'OK' })
  t.equal(await getsIn(app, alice, alice.phoneNumber), true, 'a removal is undone, too')
})

t.test('a used recovery code stays used when the codes come back', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { recoveryCodes: [code] } = await post(alice.session, '/signinup/code/consume', await requestCode(app, alice)) as unknown as { recoveryCodes: string[] }
  const session = (await signIn(app, alice)).session
  t.match(await post(session, '/recovery-codes/verify', { code }), { status: 'OK' })
  t.match(await post(session, '/recovery-codes'), { status: 'OK' })
  await app.twoFactor.delivered()
  t.match(await undo(app, linkTo(app, alice.email)), { status: 'OK' })
  t.match(await post((await signIn(app, alice)).session, '/recovery-codes/verify', { code }), { status: 'INVALID_RECOVERY_CODE_ERROR' })
})

t.test('a session that ends meanwhile changes nothing', async (t) => {
  const app = await build(t)
  const alice: SignedInUser = await signInWithSecondFactor(app)
  const thief = await again(app, alice)
  const answer = await askToChange(app, thief.session, newPhoneNumber())
  await post(thief.session.copy(), '/signout')
  t.match(await post(thief.session, '/account/phone/verify', answer), { statusCode: 401 })
  t.equal(await getsIn(app, alice, alice.phoneNumber), true)
})

t.test('what the Core keeps is bounded, and goes when its time is up', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await changePhone(app, alice)
  const links = async () => Object.keys((await UserMetadata.getUserMetadata(alice.userId)).metadata as object).filter((key) => key.startsWith('fastify-2fa:link:')).length
  t.equal(await links(), 1)
  clock.pass(80 * 3600)
  const later = await signIn(app, alice).then((user) => user, () => undefined)
  t.ok(later)
  await passSecondFactor(app, { ...later!, phoneNumber: (await later!.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json().phoneNumbers['otp-phone'][0] })
  await changePhone(app, later!)
  t.equal(await links(), 1)
})
