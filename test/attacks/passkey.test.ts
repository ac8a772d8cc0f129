import { generateKeyPairSync } from 'node:crypto'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createAuthenticator, type Manipulated } from '../second-factor/passkey/authenticator.js'
import { askToRegister, askToVerify, isIn, post, register, verify, withPasskey, type PasskeyAnswer } from '../second-factor/passkey/client.js'
import { recordAudit } from '../audit/record.js'

type Options = PasskeyAnswer['options']

const clock = stopClock()
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: ['sms', 'passkey'] })

const WRONG = { statusCode: 200, status: 'INVALID_CREDENTIALS_ERROR' }
const RESTART = { statusCode: 200, status: 'RESTART_FLOW_ERROR' }
const REFUSED = { statusCode: 200, status: 'GENERAL_ERROR', code: 'AUTH_PASSKEY_REFUSED' }

const events = recordAudit(t)

async function enrolmentsOf ({ userId }: SignedInUser): Promise<string[]> {
  const { metadata } = await UserMetadata.getUserMetadata(userId)
  return Object.keys(metadata as object).filter((key) => /^fastify-2fa:passkey:|^passwordlessUserId$/.test(key))
}

/** What a page gives Mallory that is not the app's, and what an authenticator says that was asked by one. */
const PHISHED: Record<string, Manipulated> = {
  'a page that looks like it': { origin: 'https://l0calhost:3001' },
  'another site': { origin: 'https://evil.example', rpId: 'evil.example' },
  'a subdomain that is no website': { origin: 'http://customer.localhost:3001' },
  'another port': { origin: 'http://localhost:3002' },
  'another scheme': { origin: 'https://localhost:3001' },
  'an app of the phone': { origin: 'android:apk-key-hash:aaaa' },
  'no origin': { origin: '' },
  'another RP ID': { rpId: 'evil.example' },
  'a frame of another site': { crossOrigin: true },
  'a frame whose site is known': { crossOrigin: true, topOrigin: 'http://localhost:3001' },
  'a frame that says it is none': { topOrigin: 'https://evil.example' },
  'a frame, said in another type': { crossOrigin: 'false' as unknown as boolean }
}

t.test('Mallory relays Alice\'s challenge to a page of his own', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  for (const [what, wrong] of Object.entries(PHISHED)) {
    const thief = await signIn(app, alice)
    t.same(await verify(thief, authenticator, wrong), WRONG, what)
    t.notOk(await isIn(thief), what)
    t.equal((await verify(thief, authenticator)).status, 'OK', 'the website itself gets in')
    const mallory = await signUp(app)
    t.match(await register(mallory, createAuthenticator(), wrong), REFUSED, `${what}, to have one registered`)
    t.same(await enrolmentsOf(mallory), [])
  }
})

t.test('Mallory answers Alice\'s challenge with a passkey of his own', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const { authenticator: his } = await withPasskey(app)
  const thief = await signIn(app, alice)
  const [hers, own] = [authenticator.held[0]!, his.held[0]!]
  const withHis = (options: Options) => ({ ...options, allowCredentials: [{ id: own.id }] })
  const attempts: Record<string, (options: Options) => object> = {
    'as it is': (options) => his.get(withHis(options)),
    'under the id of hers': (options) => his.get(withHis(options), { credentialId: hers.id }),
    'under her id and handle': (options) => his.get(withHis(options), { credentialId: hers.id, userHandle: hers.userHandle }),
    'with his key': (options) => authenticator.get(options, { signedBy: own.keys.privateKey }),
    'with a key of another kind': (options) => authenticator.get(options, { signedBy: generateKeyPairSync('ed25519').privateKey }),
    'hers, for his account': (options) => authenticator.get(options, { userHandle: own.userHandle })
  }
  for (const [what, attempt] of Object.entries(attempts)) {
    const { options } = await askToVerify(thief)
    t.same(options.allowCredentials.map(({ id }) => id), [hers.id], 'nobody else\'s is named')
    t.same(await post(thief, 'verify', { credential: attempt(options) }), WRONG, what)
    clock.pass(60)
  }
  t.notOk(await isIn(thief))
  t.equal((await verify(thief, authenticator)).status, 'OK')
})

t.test('Mallory has his own passkey registered in Alice\'s session, or hers used in his', async (t) => {
  const app = await build(t)
  const [alice, mallory] = [await signUp(app), await signUp(app)]
  const his = createAuthenticator()
  const credential = his.create((await askToRegister(mallory)).options)
  t.same(await post(alice, 'register', { credential }), RESTART)
  await askToRegister(alice)
  t.same(await post(alice, 'register', { credential }), RESTART, 'nor with a challenge of hers underway')
  t.same(await enrolmentsOf(alice), [])

  const hers = createAuthenticator()
  await register(alice, hers)
  const [home, stolen] = [await signIn(app, alice), await signIn(app, alice)]
  const used = hers.get((await askToVerify(home)).options)
  t.same(await post(stolen, 'verify', { credential: used }), RESTART)
  await askToVerify(stolen)
  t.same(await post(stolen, 'verify', { credential: used }), RESTART)
  t.equal((await post(home, 'verify', { credential: used })).status, 'OK')
  t.same(await post(home, 'verify', { credential: used }), RESTART, 'nor twice')
  t.notOk(await isIn(stolen))
})

t.test('Mallory takes a registration for a use, and a use for a registration', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const thief = await signIn(app, alice)
  t.same(await verify(thief, authenticator, { type: 'webauthn.create' }), WRONG)
  t.same(await verify(thief, authenticator, { type: 'payment.get' }), WRONG)
  const mallory = await signUp(app)
  t.match(await register(mallory, createAuthenticator(), { type: 'webauthn.get' }), REFUSED)

  // A challenge for one is none for the other, in the very same session.
  t.equal((await verify(alice, authenticator)).status, 'OK')
  const registering = (await askToRegister(alice)).options
  const asUse = authenticator.get({ ...registering, rpId: 'localhost' })
  t.same(await post(alice, 'verify', { credential: asUse }), RESTART)
  const using = (await askToVerify(alice)).options
  const asRegistration = createAuthenticator().create({ ...using, rp: { id: 'localhost' }, user: { id: 'AAAA' } })
  t.same(await post(alice, 'register', { credential: asRegistration }), RESTART)
  t.equal((await enrolmentsOf(alice)).length, 1)
})

t.test('Mallory has a copy of the security key: the counter tells, once over parallel uses', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  t.equal((await verify(await signIn(app, alice), authenticator, { counter: 5 })).status, 'OK')
  for (const counter of [5, 4, 0]) {
    events.length = 0
    const thief = await signIn(app, alice)
    t.same(await verify(thief, authenticator, { counter }), WRONG, `${counter}`)
    t.notOk(await isIn(thief))
    t.match(events.find(({ type }) => type === 'second-factor.cloned'), { factor: 'passkey', userId: alice.userId })
  }
  t.equal((await verify(await signIn(app, alice), authenticator, { counter: 6 })).status, 'OK')

  for (let round = 0; round < 5; round++) {
    const both = [await signIn(app, alice), await signIn(app, alice)]
    const credentials = await Promise.all(both.map(async (one) => authenticator.get((await askToVerify(one)).options, { counter: 10 + round })))
    const answers = await Promise.all(both.map((one, i) => post(one, 'verify', { credential: credentials[i] })))
    t.same(answers.map(({ status }) => status).sort(), ['INVALID_CREDENTIALS_ERROR', 'OK'])
    clock.pass(60)
  }
})

t.test('a counter from before the registration counts too, and a synced passkey has none', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const key = createAuthenticator()
  await register(alice, key, { counter: 100 })
  t.same(await verify(await signIn(app, alice), key, { counter: 100 }), WRONG)
  t.equal((await verify(await signIn(app, alice), key, { counter: 101 })).status, 'OK')
  const { alice: bob, authenticator: synced } = await withPasskey(app, { counts: false })
  for (let i = 0; i < 3; i++) t.equal((await verify(await signIn(app, bob), synced)).status, 'OK')
})

t.test('Mallory, who has the password, adds, lists, renames or removes nothing', async (t) => {
  const app = await build(t)
  const { alice } = await withPasskey(app)
  const thief = await signIn(app, alice)
  t.match(await askToRegister(thief), { code: 'AUTH_ENROLMENT_REFUSED' })
  const listed = await thief.session.inject('/auth/passkey/list')
  t.equal(listed.statusCode, 403)
  t.match(listed.json(), { claimValidationErrors: [{ id: '2fa-completed' }] })
  const [id] = (await enrolmentsOf(alice)).map((key) => key.split(':').at(-1))
  for (const [path, payload] of [['remove', { id }], ['rename', { id, name: 'x' }]] as const) t.equal((await post(thief, path, payload)).statusCode, 403)
  const before = app.twoFactor.outbox.last()
  t.match((await thief.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })).json(), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.same(app.twoFactor.outbox.last(), before)
  t.equal((await enrolmentsOf(alice)).length, 1)
})

t.test('Mallory, who has the password and the phone, does not get at the passkeys', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const authenticator = createAuthenticator()
  t.equal((await register(alice, authenticator)).status, 'OK', 'the phone may add what is stronger')
  const spare = createAuthenticator()
  t.equal((await register(alice, spare)).status, 'OK')

  const thief = await signIn(app, alice)
  await passSecondFactor(app, thief)
  t.ok(await isIn(thief))
  const [id] = (await enrolmentsOf(alice)).filter((key) => key.includes('passkey')).map((key) => key.split(':').at(-1))
  t.match(await askToRegister(thief), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.match(await post(thief, 'remove', { id }), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.equal((await enrolmentsOf(alice)).length, 3)

  const owner = await signIn(app, alice)
  await verify(owner, authenticator)
  clock.pass(301)
  t.match(await post(owner, 'remove', { id }), { code: 'AUTH_ENROLMENT_REFUSED' }, 'five minutes later it takes the passkey again')
  await verify(owner, authenticator)
  t.equal((await post(owner, 'remove', { id })).status, 'OK')
})

t.test('two sessions enrol at the same moment: one at most, whichever the factors are', async (t) => {
  const app = await build(t)
  for (let round = 0; round < 4; round++) {
    const alice = await signUp(app)
    const [one, other, third] = [alice, await signIn(app, alice), await signIn(app, alice)]
    const code = await requestCode(app, third)
    const made = await Promise.all([one, other].map(async (user) => ({ user, credential: createAuthenticator().create((await askToRegister(user)).options) })))
    await Promise.all([...made.map(({ user, credential }) => post(user, 'register', { credential })), third.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: code })])
    const opened = await Promise.all([one, other, third].map(isIn))
    t.ok(opened.filter(Boolean).length <= 1, opened.join())
    t.ok((await enrolmentsOf(alice)).length <= 1)
  }
})

t.test('failures are one count over passkeys and codes', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const authenticator = createAuthenticator()
  await register(alice, authenticator)
  const thief = await signIn(app, alice)
  for (let i = 0; i < 5; i++) t.same(await verify(thief, authenticator, { origin: 'https://evil.example' }), WRONG)
  const asked = await askToVerify(thief)
  const right = authenticator.get(asked.options)
  const waiting = await thief.session.inject({ method: 'POST', url: '/auth/passkey/verify', payload: { credential: right } })
  t.match(waiting.json(), { status: 'GENERAL_ERROR', message: /Try again in 30 seconds/ })
  t.equal(waiting.headers['retry-after'], '30')
  const code = await requestCode(app, thief)
  t.match((await thief.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: code })).json(), { status: 'GENERAL_ERROR' })
  clock.pass(30)
  t.equal((await verify(thief, authenticator)).status, 'OK')
})

t.test('what a browser gets wrong at registering locks nobody out', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  for (let i = 0; i < 8; i++) t.match(await register(alice, createAuthenticator(), { rpId: 'evil.example' }), REFUSED)
  t.match(await register(alice, createAuthenticator(), { credentialId: authenticator.held[0]!.id }), REFUSED, 'one authenticator twice')
  t.equal((await verify(alice, authenticator)).status, 'OK')
})

t.test('certificates of strangers are not read: nothing is fetched that they name', async (t) => {
  const app = await build(t)
  for (const fmt of ['packed', 'tpm', 'apple', 'android-key', 'android-safetynet', 'fido-u2f', 'nonsense']) {
    const alice = await signUp(app)
    const attStmt = new Map<unknown, unknown>([['alg', -7], ['sig', Buffer.from('x')], ['x5c', 'no certificate']])
    t.equal((await register(alice, createAuthenticator(), { fmt, attStmt })).status, 'OK', fmt)
  }
})
