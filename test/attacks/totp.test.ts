import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { advance, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { callsOf, interleave } from './suite/hold-call.js'
import { codeOf, enrolApp, isIn, passByApp, post, setUp, wrongCode, withApp } from '../second-factor/totp.js'

// Half a minute must not end between two lines of a test.
stopClock()

// Mallory has Alice's password, and tries to pass, add, remove or use up an authenticator app or a recovery code.
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: ['sms', 'totp'] })
const INVALID = { status: 'INVALID_TOTP_ERROR' }
const REFUSED = { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENT_REFUSED' }
const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const enrolled = async (user: SignedInUser) => Object.keys(await metadataOf(user)).filter((key) => /^(?:fastify-2fa:totp:|passwordlessUserId)/.test(key))

t.test('a code that Mallory has seen passes nowhere again: in her session, in Alice\'s, right after it confirmed the app', async (t) => {
  const app = await build(t)
  const { alice, secret } = await withApp(app)
  const thief = await signIn(app, alice)
  t.match((await post(thief, '/totp/verify', { totp: codeOf(secret) })).json(), INVALID, 'it confirmed the app')
  advance(30)
  const totp = codeOf(secret)
  t.match((await post(await signIn(app, alice), '/totp/verify', { totp })).json(), { status: 'OK' })
  for (let i = 0; i < 2; i++) t.match((await post(thief, '/totp/verify', { totp })).json(), INVALID)
  advance(30)
  t.match((await post(thief, '/totp/verify', { totp })).json(), INVALID, 'nor while it is the code before')
  t.notOk(await isIn(thief))
})

t.test('of many sessions that answer with one code at the same moment, one passes', async (t) => {
  const app = await build(t)
  const { alice, secret } = await withApp(app)
  for (let round = 0; round < 3; round++) {
    advance(60)
    const sessions = await Promise.all(Array.from({ length: 4 }, () => signIn(app, alice)))
    const totp = codeOf(secret)
    const answers = await Promise.all(sessions.map((one) => post(one, '/totp/verify', { totp })))
    t.equal(answers.filter((one) => one.json().status === 'OK').length, 1, answers.map(({ body }) => body).join(' '))
    t.equal((await Promise.all(sessions.map(isIn))).filter(Boolean).length, 1)
  }
})

t.test('a secret that Mallory is shown works in no other session, and for no other account', async (t) => {
  const app = await build(t)
  const mallory = await signUp(app)
  const own = await setUp(mallory, 'Phone')
  const fresh = await signUp(app)
  const { alice } = await withApp(app)
  const victims = [fresh, alice, await signIn(app, alice)]
  await setUp(fresh, 'Other')
  for (const victim of victims) {
    t.same((await post(victim, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(own.secret) })).json(), { status: 'UNKNOWN_DEVICE_ERROR' })
  }
  await setUp(fresh, 'Phone')
  t.match((await post(fresh, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(own.secret) })).json(), INVALID, 'of the same name')
  t.match((await passByApp(victims[2]!, own.secret)).json(), INVALID)
  for (const user of [fresh, victims[2]!]) t.notOk(await isIn(user))
})

t.test('the password alone adds no app, removes none, and lists none', async (t) => {
  const app = await build(t)
  const { alice, secret } = await withApp(app)
  const thief = await signIn(app, alice)
  t.match((await post(thief, '/totp/device')).json(), REFUSED)
  for (const deviceName of ['TOTP Device 1', 'no such device']) t.equal((await post(thief, '/totp/device/remove', { deviceName })).statusCode, 403, deviceName)
  t.equal((await thief.session.inject('/auth/totp/device/list')).statusCode, 403)
  t.match((await post(thief, '/signinup/code', { phoneNumber: thief.phoneNumber })).json(), { code: 'AUTH_ENROLMENT_REFUSED' }, 'nor a phone')
  t.equal((await enrolled(alice)).length, 1)
  t.match((await passByApp(thief, secret)).json(), { status: 'OK' }, 'the owner may')
})

t.test('a factor that passed too long ago, or a weaker one, adds and removes nothing', async (t) => {
  const app = await build(t)
  const { alice, secret } = await withApp(app)
  await passSecondFactor(app, alice)
  const byPhone = await signIn(app, alice)
  await passSecondFactor(app, byPhone)
  t.ok(await isIn(byPhone), 'the phone passes')
  t.match((await post(byPhone, '/totp/device')).json(), REFUSED)
  t.match((await post(byPhone, '/totp/device/remove', { deviceName: 'TOTP Device 1' })).json(), REFUSED)
  t.match((await post(byPhone, '/recovery-codes')).json(), REFUSED)
  await passByApp(byPhone, secret)
  advance(301)
  t.match((await post(byPhone, '/totp/device')).json(), REFUSED)
  t.match((await post(byPhone, '/recovery-codes')).json(), REFUSED)
  await passByApp(byPhone, secret)
  t.match((await post(byPhone, '/totp/device')).json(), { status: 'OK' })
})

t.test('apps and phones enrolled in several sessions at the same moment: one at most', async (t) => {
  const app = await build(t)
  for (let i = 0; i < 3; i++) {
    const alice = await signUp(app)
    const others = [await signIn(app, alice), await signIn(app, alice)]
    const code = await requestCode(app, alice)
    const asked = await Promise.all(others.map((one) => setUp(one, 'Phone')))
    const answers = await Promise.all([
      post(alice, '/signinup/code/consume', code),
      ...others.map((one, index) => post(one, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(asked[index]!.secret) }))
    ])
    t.ok(answers.filter((one) => one.json().status === 'OK').length <= 1, answers.map(({ body }) => body.slice(0, 50)).join(' '))
    t.ok((await enrolled(alice)).length <= 1)
  }
})

t.test('two confirmations of one app at the same moment enrol it once', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { secret, deviceName } = await setUp(alice)
  const answers = await Promise.all([-1, 0, 1].map((periods) => post({ session: alice.session.copy() }, '/totp/device/verify', { deviceName, totp: codeOf(secret, periods) })))
  t.ok(answers.filter((one) => one.json().status === 'OK').length <= 1, answers.map(({ body }) => body.slice(0, 50)).join(' '))
  t.ok((await enrolled(alice)).length <= 1)
})

t.test('an app that was removed passes no more, and what confirmed it does not bring it back', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const { secret, deviceName } = await setUp(alice, 'Phone')
  await post(alice, '/totp/device/verify', { deviceName, totp: codeOf(secret) })
  t.same((await post(alice, '/totp/device/remove', { deviceName })).json(), { status: 'OK', didDeviceExist: true })
  advance(30)
  t.same((await post(alice, '/totp/device/verify', { deviceName, totp: codeOf(secret) })).json(), { status: 'UNKNOWN_DEVICE_ERROR' })
  t.not((await post(await signIn(app, alice), '/totp/verify', { totp: codeOf(secret) })).json().status, 'OK')
  t.same(await enrolled(alice), ['passwordlessUserId'])
})

t.test('wrong codes of the app, of SMS and recovery codes are one count, also over new sessions', async (t) => {
  const app = await build(t)
  const { alice, secret, codes } = await withApp(app)
  await passSecondFactor(app, alice)
  const sms = await requestCode(app, await signIn(app, alice))
  const thief = await signIn(app, alice)
  const { userInputCode, ...challenge } = await requestCode(app, thief)
  t.match((await post(thief, '/totp/verify', { totp: wrongCode(secret) })).json(), { ...INVALID, currentNumberOfFailedAttempts: 1, maxNumberOfFailedAttempts: 5 })
  await post(thief, '/signinup/code/consume', { ...challenge, userInputCode: userInputCode === '000000' ? '000001' : '000000' })
  t.same((await post(thief, '/recovery-codes/verify', { code: '00000-00000-00000' })).json(), { status: 'INVALID_RECOVERY_CODE_ERROR' })
  const next = await signIn(app, alice)
  t.match((await post(next, '/totp/verify', { totp: wrongCode(secret) })).json(), { ...INVALID, currentNumberOfFailedAttempts: 4 })
  t.same((await post(next, '/recovery-codes/verify', { code: '00000-00000-00000' })).json(), { status: 'INVALID_RECOVERY_CODE_ERROR' })

  const waiting = await post(next, '/totp/verify', { totp: codeOf(secret, 1) })
  const seconds = Number(waiting.headers['retry-after'])
  t.ok(seconds > 0 && seconds <= 30)
  t.match(waiting.json(), { status: 'LIMIT_REACHED_ERROR', retryAfterMs: seconds * 1000, message: `Too many wrong codes. Try again in ${seconds} seconds.` }, 'not even the right one is looked at')
  t.match((await post(await signIn(app, alice), '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' })
  t.not((await post(thief, '/signinup/code/consume', sms)).json().status, 'OK')
  advance(30)
  t.match((await post(next, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'OK' })
})

t.test('a replayed code counts as a failure in another session', async (t) => {
  const app = await build(t)
  const { alice, secret } = await withApp(app)
  advance(30)
  const totp = codeOf(secret)
  await post(await signIn(app, alice), '/totp/verify', { totp })
  const thief = await signIn(app, alice)
  for (let i = 1; i <= 5; i++) t.match((await post(thief, '/totp/verify', { totp })).json(), { ...INVALID, currentNumberOfFailedAttempts: i })
  t.match((await post(thief, '/totp/verify', { totp })).json(), { status: 'LIMIT_REACHED_ERROR' })
})

t.test('of two hundred guesses at once five are tried', async (t) => {
  const app = await build(t)
  const { alice, secret } = await withApp(app)
  advance(60)
  const thief = await signIn(app, alice)
  const answers = await Promise.all(Array.from({ length: 200 }, () => post({ session: thief.session.copy() }, '/totp/verify', { totp: wrongCode(secret) })))
  t.equal(answers.filter((one) => one.json().status === 'INVALID_TOTP_ERROR').length, 5)
  t.ok(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 503))
})

// Three codes of each app pass at any time. Each wrong code counts as so many, or an app would be guessed more easily than an SMS.
for (const { apps, wrong } of [{ apps: 1, wrong: 16 }, { apps: 2, wrong: 8 }, { apps: 3, wrong: 5 }]) {
  t.test(`${wrong} wrong codes lock an account with ${apps} app(s), whichever factor is guessed`, async (t) => {
    const app = await build(t)
    const { alice, secret } = await withApp(app)
    for (let more = 1; more < apps; more++) await enrolApp(alice, `app ${more}`)
    const { codes: [ofAnother = ''] } = await withApp(app)
    for (let i = 1; i <= wrong; i++) {
      const thief = await signIn(app, alice)
      const guess = i % 2 === 0 ? post(thief, '/recovery-codes/verify', { code: ofAnother }) : post(thief, '/totp/verify', { totp: wrongCode(secret) })
      t.match((await guess).json(), { status: /^INVALID_/ }, `guess ${i}`)
      const { 'fastify-2fa:failures': failures } = await metadataOf(alice)
      t.equal((failures as { lockedAt?: string } | undefined)?.lockedAt !== undefined, i === wrong, `after ${i}`)
      advance(300)
    }
    const owner = await signIn(app, alice)
    t.match((await passByApp(owner, secret)).json(), { status: 'GENERAL_ERROR', message: /locked/ })
    t.notOk(await isIn(owner))
  })
}

t.test('a lock holds for the app and for recovery codes', async (t) => {
  const app = await build(t)
  const { alice, secret, codes } = await withApp(app)
  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  const next = await signIn(app, alice)
  t.match((await passByApp(next, secret)).json(), { status: 'GENERAL_ERROR', message: /locked/ })
  t.match((await post(next, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'GENERAL_ERROR', message: /locked/ })
  t.match((await post(next, '/totp/device')).json(), REFUSED)
  t.notOk(await isIn(next))
})

t.test('a recovery code that is used in many sessions at the same moment passes in one', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  for (const code of codes.slice(0, 3)) {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => signIn(app, alice)))
    await Promise.all(sessions.map((one) => post(one, '/recovery-codes/verify', { code })))
    t.equal((await Promise.all(sessions.map(isIn))).filter(Boolean).length, 1, code)
  }
})

t.test('the password alone learns nothing of recovery codes and makes none, and Mallory\'s own do not open Alice\'s account', async (t) => {
  const app = await build(t)
  const { alice } = await withApp(app)
  const { codes } = await withApp(app)
  const thief = await signIn(app, alice)
  t.equal((await thief.session.inject('/auth/recovery-codes')).statusCode, 403)
  for (const url of ['/recovery-codes', '/recovery-codes/acknowledge']) t.equal((await post(thief, url)).statusCode, 403, url)
  t.same((await post(thief, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'INVALID_RECOVERY_CODE_ERROR' })
  t.notOk(await isIn(thief))
})

t.test('without a session there is nothing', async (t) => {
  const app = await build(t)
  const { secret, codes } = await withApp(app)
  advance(30)
  for (const [url, payload] of [
    ['/totp/device', {}], ['/totp/device/verify', { deviceName: 'TOTP Device 1', totp: codeOf(secret) }], ['/totp/verify', { totp: codeOf(secret) }], ['/totp/device/remove', { deviceName: 'TOTP Device 1' }],
    ['/recovery-codes', {}], ['/recovery-codes/verify', { code: codes[0]! }], ['/recovery-codes/acknowledge', {}]
  ] as Array<[string, object]>) t.equal((await app.inject({ method: 'POST', url: `/auth${url}`, payload })).statusCode, 401, url)
  for (const url of ['/auth/totp/device/list', '/auth/recovery-codes']) t.equal((await app.inject(url)).statusCode, 401, url)
})

t.test('an account whose factors are all switched off is none without a factor: the password alone enrols nothing', async (t) => {
  const app = await build(t)
  // As on a replica that was started without them, or after an operator has taken them off the list.
  for (const key of ['fastify-2fa:passkey:one', 'fastify-2fa:email']) {
    const alice = await signUp(app)
    await UserMetadata.updateUserMetadata(alice.userId, { [key]: 'enrolled there' })
    const thief = await signIn(app, alice)
    t.match((await post(thief, '/totp/device')).json(), REFUSED, key)
    t.match((await post(thief, '/signinup/code', { phoneNumber: thief.phoneNumber })).json(), { code: 'AUTH_ENROLMENT_REFUSED' }, key)
    t.match((await thief.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { factors: { next: [], allowedToSetup: [] } }, key)
  }
  const { alice, codes } = await withApp(app)
  const [device = ''] = await enrolled(alice)
  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:passkey:one': 'enrolled there', [device]: null })
  const next = await signIn(app, alice)
  t.match((await post(next, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'OK' })
  t.match((await post(next, '/totp/device')).json(), { status: 'OK' }, 'with a recovery code')
})

t.test('recovery codes that Mallory has made end with the factors that an operator removes: the next first factor brings new ones', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  const [device = ''] = await enrolled(alice)
  await UserMetadata.updateUserMetadata(alice.userId, { [device]: null })
  const owner = await signIn(app, alice)
  const code = await requestCode(app, owner)
  const { recoveryCodes } = (await post(owner, '/signinup/code/consume', code)).json<{ recoveryCodes: string[] }>()
  t.equal(recoveryCodes.length, 10)
  const thief = await signIn(app, alice)
  t.match((await post(thief, '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'INVALID_RECOVERY_CODE_ERROR' })
  t.match((await post(thief, '/recovery-codes/verify', { code: recoveryCodes[0]! })).json(), { status: 'OK' })
})

t.test('an intruder whose session ends while it enrols leaves neither an app nor codes behind', async (t) => {
  const app = await build(t)
  async function setup () {
    const mallory = await signUp(app)
    const { secret, deviceName } = await setUp(mallory)
    return { mallory, confirm: () => post(mallory, '/totp/device/verify', { deviceName, totp: codeOf(secret) }) }
  }
  const calls = await callsOf((await setup()).confirm)
  const outcomes = new Set<string>()
  for (const index of calls.keys()) {
    const { mallory, confirm } = await setup()
    const response = await interleave(confirm, index, () => Session.revokeAllSessionsForUser(mallory.userId))
    const isOpen = response.statusCode === 200 && response.json().status === 'OK'
    outcomes.add(String(isOpen))
    const kept = Object.keys(await metadataOf(mallory)).filter((key) => /^fastify-2fa:(?:totp|recovery-codes)/.test(key))
    t.equal(kept.length, isOpen ? 2 : 0, `call ${index}, ${calls[index]}: ${response.statusCode} ${kept.join(' ')}`)
  }
  t.ok(outcomes.has('false'))
})
