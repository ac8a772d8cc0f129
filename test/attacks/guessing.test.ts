import { randomUUID } from 'node:crypto'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { unlockSecondFactor } from '../../src/index.js'
import { isKnown, withNetwork, type GuessRecord } from '../../src/second-factor/guess-record.js'
import { createTestSession, newPhoneNumber, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createKeys } from '../../src/limits/keys.js'
import { createKnownNetworks } from '../../src/limits/known.js'
import { homeOf, networksOf } from '../../src/limits/network.js'
import { createMemoryStore } from '../../src/limits/store.js'
import { subjectOf } from '../../src/limits/subject.js'
import { wrongOf } from './suite/clients.js'
import { isRefused } from '../refused.js'
import { recordAudit } from '../audit/record.js'

const clock = stopClock()

/** As in production but for messages, which have a test of their own: here the attacker has as many codes as they like. */
const build = (t: Test) => buildApp(t, { limits: { sends: false, signIn: { refusalTime: 150 } } })

type Challenge = Awaited<ReturnType<typeof requestCode>>

function consume ({ session }: SignedInUser, challenge: Challenge, userInputCode = challenge.userInputCode): Promise<LightMyRequestResponse> {
  return session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode } })
}

const WAIT = /^Too many wrong \w+\. Try again in \d+ (second|minute|hour)s?\.$/
const SECONDS = /^[1-9]\d*$/

/** A wait that is told in words and in `Retry-After`. */
function isWait (t: Test, response: LightMyRequestResponse, seconds?: number): void {
  t.equal(response.statusCode, 200)
  t.match(response.json(), { status: 'GENERAL_ERROR', message: WAIT })
  t.match(response.headers['retry-after'], SECONDS)
  if (seconds !== undefined) t.equal(Number(response.headers['retry-after']), seconds)
}

/** The same for thousands of answers, where each assertion would cost more than the request. */
function saysWait (response: LightMyRequestResponse): boolean {
  const { status, message } = response.json<{ status: string, message: string }>()
  return response.statusCode === 200 && status === 'GENERAL_ERROR' && WAIT.test(message) && SECONDS.test(String(response.headers['retry-after']))
}

/** Fails five times, each time by another way round the counter. */
async function failFiveTimes (app: FastifyInstance, user: SignedInUser): Promise<void> {
  let device = await signIn(app, user)
  for (let i = 0; i < 5; i++) {
    if (i === 3) device = await signIn(app, user)
    const challenge = await requestCode(app, device)
    if (i % 2 === 1) await device.session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: challenge })
    const status = (await consume(device, challenge, wrongOf(challenge))).json().status
    if (status !== 'INCORRECT_USER_INPUT_CODE_ERROR') throw new Error(`guess ${i + 1} answered ${status}`)
  }
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`a new code, a resend, another session or device are no way round the wait (${transferMethod} session)`, async (t) => {
    const app = await build(t)
    const alice = { ...await signInWithSecondFactor(app, { transferMethod }), transferMethod }
    await failFiveTimes(app, alice)
    const device = await signIn(app, alice)
    const challenge = await requestCode(app, device)
    isWait(t, await consume(device, challenge, wrongOf(challenge)), 30)
    isWait(t, await consume(device, challenge), 30)
    t.equal((await device.session.inject('/me')).statusCode, 403, 'the right code was not tried')
    clock.pass(29)
    isWait(t, await consume(device, challenge), 1)
    clock.pass(1)
    t.equal((await consume(device, challenge)).json().status, 'OK', 'nor was it spent')
    t.equal((await device.session.inject('/me')).statusCode, 200)
    const next = await signIn(app, alice)
    const again = await requestCode(app, next)
    t.equal((await consume(next, again, wrongOf(again))).json().status, 'INCORRECT_USER_INPUT_CODE_ERROR', 'success has cleared the count')
    t.equal((await consume(next, again)).json().status, 'OK')
  })

  t.test(`of two hundred guesses at once five are tried (${transferMethod} session)`, async (t) => {
    const app = await build(t)
    const alice = await signInWithSecondFactor(app, { transferMethod })
    const devices = await Promise.all(Array.from({ length: 4 }, () => signIn(app, { ...alice, transferMethod })))
    const challenges: Challenge[] = []
    for (const device of devices) challenges.push(await requestCode(app, device))
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => {
      const challenge = challenges[i % 4]!
      return consume(devices[i % 4]!, challenge, wrongOf(challenge))
    }))
    const refused = answers.filter((answer) => answer.json().status === 'GENERAL_ERROR')
    t.equal(refused.length, 195)
    t.same(refused.filter((answer) => !SECONDS.test(String(answer.headers['retry-after']))).map(({ body }) => body), [], 'each says when')
  })

  t.test(`of twenty right codes at once one passes, and nobody has to wait after it (${transferMethod} session)`, async (t) => {
    const app = await build(t)
    const alice = await signUp(app, { transferMethod })
    const challenge = await requestCode(app, alice)
    const answers = await Promise.all(Array.from({ length: 20 }, () => consume({ ...alice, session: alice.session.copy() }, challenge)))
    t.equal(answers.filter((answer) => answer.json().status === 'OK').length, 1)
    const next = await signIn(app, { ...alice, transferMethod })
    t.equal((await consume(next, await requestCode(app, next))).json().status, 'OK')
  })
}

t.test('waits grow to an hour and end in a lock, which an operator opens', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const waits = []
  let tried = 0
  for (;;) {
    await failFiveTimes(app, alice)
    tried += 5
    const device = await signIn(app, alice)
    const answer = await consume(device, await requestCode(app, device).catch(() => ({ deviceId: '', preAuthSessionId: '', userInputCode: '' })))
    const wait = Number(answer.headers['retry-after'])
    if (Number.isNaN(wait)) break
    waits.push(wait)
    clock.pass(wait)
  }
  t.same(waits, [30, 60, 120, 300, 600, 900, 1800, 3600, 3600])
  t.equal(tried, 50, 'before a hundred (NIST 800-63B 3.2.2)')

  clock.pass(30 * 86_400 / 2)
  const later = await signIn(app, alice)
  const code = () => later.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: alice.phoneNumber } })
  const locked = await code()
  t.match(locked.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /locked.*contact support/ })
  t.notOk('retry-after' in locked.headers, 'waiting does not help')

  // Another replica, or the same one after a restart: what it counts in memory is gone, what the Core knows is not.
  const restarted = await build(t)
  const elsewhere = await signIn(restarted, alice)
  const refused = await elsewhere.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: alice.phoneNumber } })
  t.match(refused.json().message, /locked/)

  t.equal(await unlockSecondFactor(restarted, 'nobody'), false)
  t.equal(await unlockSecondFactor(restarted, alice.userId), true)
  const open = await requestCode(app, later)
  t.equal((await consume(later, open, wrongOf(open))).json().status, 'INCORRECT_USER_INPUT_CODE_ERROR', 'the first app learns of it too, and counts from nothing')
  t.equal((await consume(later, open)).json().status, 'OK')
  await failFiveTimes(app, alice)
  clock.pass(30)
  const afterWait = await signIn(app, alice)
  t.equal((await consume(afterWait, await requestCode(app, afterWait))).json().status, 'OK')
  await failFiveTimes(app, alice)
  clock.pass(30)
  const again = await signIn(app, alice)
  t.equal((await consume(again, await requestCode(app, again))).json().status, 'OK', 'what was counted before it stays forgotten')
})

t.test('a code that was asked for before the lock is not tried after it', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  t.match((await consume(alice, challenge)).json().message, /locked/)
})

t.test('a restart forgets none of the lots that ended in a wait', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await failFiveTimes(app, alice)
  clock.pass(30)
  const restarted = await build(t)
  await failFiveTimes(restarted, alice)
  const device = await signIn(restarted, alice)
  const challenge = await requestCode(restarted, device)
  isWait(t, await consume(device, challenge), 60)
  clock.pass(60)
  t.equal((await consume(device, challenge)).json().status, 'OK')
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId)
  t.notOk('fastify-2fa:failures' in (metadata as object), 'success clears the Core\'s count too')
})

t.test('a lock that was not written before the process ended is written by the next try', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:failures': { count: 50 } })
  t.match((await consume(alice, challenge)).json().message, /locked/)
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId)
  t.match(metadata, { 'fastify-2fa:failures': { lockedAt: /^20/ } })
})

t.test('a code of another challenge or of one that is over is not tried, and costs nothing', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const other = await requestCode(app, await signIn(app, alice))
  for (let i = 0; i < 10; i++) t.equal((await consume(alice, other)).json().status, 'RESTART_FLOW_ERROR')
  const challenge = await requestCode(app, alice)
  clock.pass(3000)
  for (let i = 0; i < 10; i++) t.match((await consume(alice, challenge)).json().status, /^(EXPIRED_USER_INPUT_CODE|RESTART_FLOW)_ERROR$/)
  t.equal((await consume(alice, await requestCode(app, alice))).json().status, 'OK')
})

t.test('a stranger without the password does not reach the count', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const challenge = await requestCode(app, await signIn(app, alice))
  const mallory = await signUp(app)
  for (let i = 0; i < 20; i++) {
    t.equal((await app.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })).statusCode, 401)
    t.equal((await consume(mallory, challenge, wrongOf(challenge))).json().status, 'RESTART_FLOW_ERROR')
  }
  const device = await signIn(app, alice)
  t.equal((await consume(device, await requestCode(app, device))).json().status, 'OK')
})

/** Guesses from an address of the attacker's own, five at a time, in a session that the password has opened. */
async function guessFive (app: FastifyInstance, thief: SignedInUser): Promise<LightMyRequestResponse> {
  const challenge = await requestCode(app, thief)
  for (let i = 0; i < 4; i++) await consumeFrom('203.0.113.9', thief, challenge, wrongOf(challenge))
  return await consumeFrom('203.0.113.9', thief, challenge, wrongOf(challenge))
}

function consumeFrom (remoteAddress: string, { session }: SignedInUser, challenge: Challenge, userInputCode = challenge.userInputCode): Promise<LightMyRequestResponse> {
  return session.inject({ method: 'POST', url: '/auth/signinup/code/consume', remoteAddress, payload: { ...challenge, userInputCode } })
}

t.test('an owner who signs in every day does not clear the way for a guesser: fifty in thirty days, then a day', async (t) => {
  const app = await build(t)
  const home = '198.51.100.20'
  const alice = await signUp(app)
  const events = recordAudit(t)
  const enters = async (where: FastifyInstance, remoteAddress: string) => (await consumeFrom(remoteAddress, alice, await requestCodeFrom(where, alice, remoteAddress))).json()
  t.match(await enters(app, home), { status: 'OK' })
  const thief = await signIn(app, alice)
  for (let i = 0; i < 10; i++) {
    await guessFive(app, thief)
    clock.pass(30)
    t.match(await enters(app, home), { status: 'OK' }, `sign-in ${i + 1}`)
  }
  const ask = (remoteAddress: string, { session } = thief) => session.inject({ method: 'POST', url: '/auth/signinup/code', remoteAddress, payload: { phoneNumber: alice.phoneNumber } })
  const refused = await ask('203.0.113.9')
  t.match(refused.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /^Too many wrong codes in the last weeks\. .* Try again in 24 hours\.$/ })
  t.equal(Number(refused.headers['retry-after']), 86_400 - 30)
  const stolen = { ...thief, session: thief.session.copy() }
  t.equal((await ask(home, stolen)).json().status, 'OK', 'the owner\'s network is asked about its own waits only')
  t.equal((await ask('203.0.113.10')).json().status, 'SIGN_IN_UP_NOT_ALLOWED', 'another address is no way round')

  await app.close()
  t.same(events.filter(({ type }) => type === 'second-factor.slowed').map(({ userId }) => userId), [alice.userId])
  const mails = app.twoFactor.outbox.entries().filter(({ channel }) => channel === 'mail')
  t.match(mails, [{ to: alice.email, body: /many wrong codes.*choose a new password/ }], 'the owner is told, once')
  const restarted = await build(t)
  const again = { ...alice, session: createTestSession(restarted, 'cookie', alice.session) }
  const later = await again.session.inject({ method: 'POST', url: '/auth/signinup/code', remoteAddress: '203.0.113.9', payload: { phoneNumber: alice.phoneNumber } })
  t.equal(later.json().status, 'SIGN_IN_UP_NOT_ALLOWED', 'a restart forgets nothing')
  t.equal((await consumeFrom(home, again, await requestCodeFrom(restarted, again, home))).json().status, 'OK', 'nor where the owner is at home')
  await unlockSecondFactor(restarted, alice.userId)
  const open = await again.session.inject({ method: 'POST', url: '/auth/signinup/code', remoteAddress: '203.0.113.9', payload: { phoneNumber: alice.phoneNumber } })
  t.equal(open.json().status, 'OK', 'an operator opens it')
})

async function requestCodeFrom (app: FastifyInstance, { session, phoneNumber }: SignedInUser, remoteAddress: string): Promise<Challenge> {
  const { deviceId, preAuthSessionId } = (await session.inject({ method: 'POST', url: '/auth/signinup/code', remoteAddress, payload: { phoneNumber } })).json<Challenge>()
  return { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(phoneNumber)!.code! }
}

function tryPassword (app: FastifyInstance, email: string, password: string, remoteAddress: string): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url: '/auth/signin', remoteAddress, payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] } })
}

t.test('wrong passwords for one account from one address: waits, also for the right one, whatever way it is written', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const from = '192.0.2.1'
  for (let i = 0; i < 10; i++) t.equal((await tryPassword(app, alice.email, 'wrong', from)).json().status, 'WRONG_CREDENTIALS_ERROR')
  isWait(t, await tryPassword(app, alice.email, alice.password, from), 30)
  isWait(t, await tryPassword(app, ` ${alice.email.toUpperCase()} `, alice.password, from), 30)
  t.equal((await tryPassword(app, alice.email, alice.password, '192.0.2.2')).json().status, 'OK', 'Alice herself is elsewhere')
  clock.pass(30)
  t.equal((await tryPassword(app, alice.email, 'wrong', from)).json().status, 'WRONG_CREDENTIALS_ERROR', 'one more')
  isWait(t, await tryPassword(app, alice.email, 'wrong', from), 60)
  clock.pass(60)
  t.equal((await tryPassword(app, alice.email, alice.password, from)).json().status, 'OK')
  t.equal((await tryPassword(app, alice.email, 'wrong', from)).json().status, 'WRONG_CREDENTIALS_ERROR', 'success has cleared the count')
})

t.test('wrong passwords at once are counted before they are tried', async (t) => {
  const app = await build(t)
  const { email } = await signUp(app)
  const answers = await Promise.all(Array.from({ length: 100 }, () => tryPassword(app, email, 'wrong', '192.0.2.10')))
  t.equal(answers.filter((answer) => answer.json().status === 'WRONG_CREDENTIALS_ERROR').length, 10)
})

t.test('a stranger with many addresses cannot keep a person out: not where they have signed in before, and nowhere for long', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.equal((await tryPassword(app, alice.email, alice.password, '198.51.100.1')).json().status, 'OK')
  await Promise.all(Array.from({ length: 30 }, (_, i) => tryPassword(app, alice.email, 'wrong', `203.0.113.${i}`)))
  isWait(t, await tryPassword(app, alice.email, alice.password, '203.0.113.200'))
  t.equal((await tryPassword(app, alice.email, alice.password, '198.51.100.1')).json().status, 'OK', 'at home')
  for (let i = 0; i < 12; i++) {
    const answer = await tryPassword(app, alice.email, 'wrong', `203.0.113.${100 + i}`)
    const wait = Number(answer.headers['retry-after'] ?? 0)
    t.ok(wait <= 900)
    clock.pass(wait)
  }
  clock.pass(900)
  t.equal((await tryPassword(app, alice.email, alice.password, '203.0.113.200')).json().status, 'OK', 'elsewhere, after a quarter of an hour at most')
})

/** An address whose account can know all of these networks: of two that share one of its sixteen places, only the newer stays. */
async function emailKnowing (app: FastifyInstance, addresses: string[]): Promise<string> {
  const known = createKnownNetworks(createMemoryStore(), createKeys(app.twoFactor.core.secret))
  const homes = addresses.map((address) => homeOf(networksOf(address)))
  for (;;) {
    const email = `${randomUUID()}@example.com`
    for (const home of homes) await known.remember(subjectOf(email), home)
    if ((await Promise.all(homes.map((home) => known.has(subjectOf(email), home)))).every(Boolean)) return email
  }
}

t.test('nor where they signed up, passed the second factor, or chose a new password: /64s of one household are one place', async (t) => {
  const app = await build(t)
  const [signedUp, passed, reset] = ['2001:db8:1:a00::1', '2001:db8:2:b00::1', '198.51.100.55']
  const [email, password] = [await emailKnowing(app, [signedUp, passed]), 'correct horse 1']
  const session = createTestSession(app)
  await session.inject({ method: 'POST', url: '/auth/signup', remoteAddress: signedUp, payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] } })
  const alice = { email, password, phoneNumber: newPhoneNumber(), session, userId: '' }
  t.equal((await consumeFrom(passed, alice, await requestCodeFrom(app, alice, passed))).json().status, 'OK')
  await app.twoFactor.delivered()
  await Promise.all(Array.from({ length: 30 }, (_, i) => tryPassword(app, email, 'wrong', `2001:db8:66:${(i * 256).toString(16)}::1`)))
  for (const from of ['2001:db8:1:a00::1', '2001:db8:1:aff::2', '2001:db8:2:b01::1']) {
    t.equal((await tryPassword(app, email, password, from)).json().status, 'OK', from)
  }
  isWait(t, await tryPassword(app, email, password, '2001:db8:1:b00::1'))

  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', remoteAddress: reset, payload: { formFields: [{ id: 'email', value: email }] } })
  const token = new URL(String(app.twoFactor.outbox.last(email)?.link)).searchParams.get('token')
  const payload = { method: 'token', token, formFields: [{ id: 'password', value: 'correct horse 2' }] }
  t.equal((await app.inject({ method: 'POST', url: '/auth/user/password/reset', remoteAddress: reset, payload })).json().status, 'OK')
  t.equal((await tryPassword(app, email, 'correct horse 2', reset)).json().status, 'OK')
})

t.test('the /64s of a known /56 have no tries of their own', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.equal((await tryPassword(app, alice.email, alice.password, '2001:db8:9:900::1')).json().status, 'OK')
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => tryPassword(app, alice.email, 'wrong', `2001:db8:9:${(0x900 + i).toString(16)}::1`)))
  t.equal(answers.filter((answer) => answer.json().status === 'WRONG_CREDENTIALS_ERROR').length, 10)
})

t.test('a network is known for three weeks after the second factor was passed there, though it is written once a week', async (t) => {
  let record: GuessRecord = {}
  for (let day = 0; day < 7; day++) {
    record = withNetwork(record, 'home')
    clock.pass(86_399)
  }
  clock.pass(14 * 86_400)
  t.ok(isKnown(record, 'home'), 'three weeks after it was written, two after the last time')
  clock.pass(7 * 86_400 - 1)
  t.ok(isKnown(record, 'home'))
  clock.pass(8)
  t.notOk(isKnown(record, 'home'), 'four weeks after it was written')
})

t.test('one password for many accounts: the address waits, by its /64', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await Promise.all(Array.from({ length: 100 }, (_, i) => tryPassword(app, `user-${i}@example.com`, 'Password1', `2001:db8:1:2::${i + 1}`)))
  isWait(t, await tryPassword(app, alice.email, alice.password, '2001:db8:1:2:ffff::1'), 30)
  t.equal((await tryPassword(app, alice.email, alice.password, '2001:db8:1:3::1')).json().status, 'OK')
})

t.test('250 wrong passwords at once, again and again for an hour: no more than one after the other', async (t) => {
  const app = await build(t)
  const from = '192.0.2.77'
  let [tried, elapsed, bursts] = [0, 0, 0]
  while (elapsed < 3600) {
    bursts++
    const answers = await Promise.all(Array.from({ length: 250 }, (_, i) => tryPassword(app, `user-${bursts}-${i}@example.com`, 'Password1', from)))
    const made = answers.filter((answer) => answer.json().status === 'WRONG_CREDENTIALS_ERROR').length
    if (bursts === 1) t.equal(made, 100)
    else t.ok(made <= 1, `${made} after a wait`)
    tried += made
    t.same(answers.filter((answer) => answer.json().status !== 'WRONG_CREDENTIALS_ERROR' && !saysWait(answer)).map(({ body }) => body), [])
    const wait = Number((await tryPassword(app, 'user@example.com', 'Password1', from)).headers['retry-after'])
    elapsed += wait
    clock.pass(wait)
  }
  t.ok(tried <= 108, `${tried} tried`)
})

t.test('an office signs in at once: right passwords do not stand in each other\'s way, and leave nothing behind', async (t) => {
  const app = await build(t)
  const from = '192.0.2.78'
  const people = await Promise.all(Array.from({ length: 40 }, () => signUp(app)))
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(people.map(({ email, password }) => tryPassword(app, email, password, from)))
    t.ok(answers.every((answer) => answer.json().status === 'OK'))
  }
  await Promise.all(Array.from({ length: 99 }, (_, i) => tryPassword(app, `nobody-${i}@example.com`, 'wrong', from)))
  const newcomer = await signUp(app)
  t.equal((await tryPassword(app, newcomer.email, newcomer.password, from)).json().status, 'OK')
})

t.test('one password for many accounts from a new /64 each: the /56 waits after twice, the /48 after four times as many', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const from = (group: number): string => `2001:db8:2:${group.toString(16)}::1`
  await Promise.all(Array.from({ length: 200 }, (_, i) => tryPassword(app, `user-${i}@example.com`, 'Password1', from(i))))
  isWait(t, await tryPassword(app, alice.email, alice.password, from(255)), 30)
  await Promise.all(Array.from({ length: 200 }, (_, i) => tryPassword(app, `user-${i}@example.com`, 'Password1', from((i + 1) * 256))))
  isWait(t, await tryPassword(app, alice.email, alice.password, from(255 * 256)), 30)
  t.equal((await tryPassword(app, alice.email, alice.password, '2001:db8:3::1')).json().status, 'OK')
})

t.test('accounts that exist and accounts that do not answer alike: status, headers, waits, time', async (t) => {
  const app = await build(t)
  const known = (await signUp(app)).email
  const unknown = 'nobody@example.com'
  const ask = async (email: string, remoteAddress: string) => {
    const start = performance.now()
    const answer = await tryPassword(app, email, 'wrong', remoteAddress)
    const { date: _date, ...headers } = answer.headers
    return { time: performance.now() - start, answer: [answer.statusCode, answer.body, headers] }
  }
  for (let i = 0; i < 12; i++) {
    const [one, other] = [await ask(known, '192.0.2.50'), await ask(unknown, '192.0.2.51')]
    t.strictSame(one.answer, other.answer)
    if (i < 10) for (const { time } of [one, other]) t.ok(time >= 149, `${time} ms`)
  }
})

t.test('what is no string is the SDK\'s to refuse', async (t) => {
  const app = await build(t)
  const answer = await app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: 1 }, { id: 'password', value: 'x' }] } })
  isRefused(t, answer, 'AUTH_BODY_INVALID')
})

t.test('a try that the Core could not be asked about is given back', async (t) => {
  const app = await build(t)
  const { userId } = await signUp(app)
  const guess = { userId, challengeId: 'any', factor: 'sms', strength: 20 }
  for (let i = 0; i < 12; i++) {
    await t.rejects(app.twoFactor.limits!.failures!.attempt(guess, {} as UserContext, async () => { throw new Error('no Core') }), { message: 'no Core' })
  }
})
