import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { advance, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { codeOf, enrolApp, isIn, passByApp, post, setUp, withApp } from './totp.js'

// Half a minute must not end between two lines of a test.
stopClock()

const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: ['sms', 'totp'] })
const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const summary = async ({ session }: SignedInUser) => (await session.inject('/auth/recovery-codes')).json()
const verify = async (user: SignedInUser, code: string) => (await post(user, '/recovery-codes/verify', { code })).json()
const renew = async (user: SignedInUser) => (await post(user, '/recovery-codes')).json<{ status: string, code?: string, recoveryCodes: string[] }>()
const INVALID = { status: 'INVALID_RECOVERY_CODE_ERROR' }

t.test('ten codes come with the first factor, whichever it is, and not with the next one', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  t.equal(codes.length, 10)
  t.equal(new Set(codes).size, 10)
  for (const code of codes) t.match(code, /^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
  t.same(await summary(alice), { status: 'OK', left: 10, acknowledged: false })
  const second = (await post(alice, '/signinup/code/consume', await requestCode(app, alice))).json()
  t.match(second, { status: 'OK' })
  t.notOk('recoveryCodes' in second)

  const bob = await signUp(app)
  const first = (await post(bob, '/signinup/code/consume', await requestCode(app, bob))).json()
  t.match(first, { status: 'OK', createdNewRecipeUser: true, user: { phoneNumbers: [bob.phoneNumber] } })
  t.equal(first.recoveryCodes.length, 10, 'SMS')
  const again = await signIn(app, bob)
  t.notOk('recoveryCodes' in (await post(again, '/signinup/code/consume', await requestCode(app, again))).json(), 'a later sign-in shows none')
})

t.test('a code signs in once, says how many are left, and the owner is told', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  const next = await signIn(app, alice)
  t.same(await verify(next, codes[3]!), { status: 'OK', left: 9, enrolAnew: true })
  t.ok(await isIn(next))
  await app.twoFactor.delivered()
  t.match(app.twoFactor.outbox.last(alice.email), { channel: 'mail', to: alice.email, body: /with a recovery code/ })
  t.same(await summary(next), { status: 'OK', left: 9, acknowledged: false })

  const other = await signIn(app, alice)
  t.same(await verify(other, codes[3]!), INVALID, 'not in another session')
  t.same(await verify(next, codes[3]!), INVALID, 'nor in the same one')
  t.notOk(await isIn(other))
  t.same(await verify(other, codes[4]!), { status: 'OK', left: 8, enrolAnew: true })
  t.equal(app.twoFactor.outbox.entries().filter(({ to }) => to === alice.email).length, 1, 'one message in an hour')
  advance('1h')
  await verify(await signIn(app, alice), codes[5]!)
  await app.twoFactor.delivered()
  t.equal(app.twoFactor.outbox.entries().filter(({ to }) => to === alice.email).length, 2)
})

t.test('codes are read as people type them', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  const spell = [
    (code: string) => code.toUpperCase(), (code: string) => code.replaceAll('-', ''), (code: string) => ` ${code.replaceAll('-', ' - ')}\u200b\n`, (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'l'),
    (code: string) => [...code].map((letter) => letter === '-' ? '\u2013' : String.fromCodePoint(letter.codePointAt(0)! + 0xfee0)).join('')
  ]
  for (const [index, typed] of spell.entries()) t.match(await verify(await signIn(app, alice), typed(codes[index]!)), { status: 'OK' }, typed(codes[index]!))
  const next = await signIn(app, alice)
  for (const code of ['', ' ', '12345', codes[9]!.slice(1), `${codes[9]}0`, 'x'.repeat(256), codes[9]!.replace(/^./, 'u')]) {
    for (let i = 0; i < 2; i++) t.match(await verify(next, code), { status: 'GENERAL_ERROR', message: 'Please enter one of your recovery codes. Each has 15 letters and digits.' }, 'what cannot be a code is no try')
  }
  t.match(await verify(next, codes[9]!), { status: 'OK' })
})

t.test('whoever signed in with one may enrol anew, and remove what is lost', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  const next = await signIn(app, alice)
  await verify(next, codes[0]!)
  const secret = await enrolApp(next, 'New phone')
  t.same((await post(next, '/totp/device/remove', { deviceName: 'TOTP Device 1' })).json(), { status: 'OK', didDeviceExist: true })
  t.same(await summary(next), { status: 'OK', left: 9, acknowledged: false })
  t.match((await passByApp(await signIn(app, alice), secret)).json(), { status: 'OK' })
})

t.test('new codes replace the old ones, and end other sessions', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  const elsewhere = await signIn(app, alice)
  await verify(elsewhere, codes[0]!)
  await post(elsewhere, '/recovery-codes/acknowledge')
  const fresh = await signIn(app, alice)
  await verify(fresh, codes[1]!)
  const { status, recoveryCodes } = await renew(fresh)
  t.equal(status, 'OK')
  t.same(await summary(fresh), { status: 'OK', left: 10, acknowledged: false })
  t.equal((await post(elsewhere, '/recovery-codes/verify', { code: codes[2]! })).statusCode, 401)
  const next = await signIn(app, alice)
  for (const code of [codes[0]!, codes[2]!]) t.same(await verify(next, code), INVALID, 'an old one')
  t.match(await verify(next, recoveryCodes[0]!), { status: 'OK', left: 9 })
  t.equal(Object.keys(await metadataOf(alice)).filter((key) => key.startsWith('fastify-2fa:recovery-code-used:')).length, 1, 'no mark of the old ones is left')
})

t.test('the owner says that the codes are kept', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  t.same((await post(alice, '/recovery-codes/acknowledge')).json(), { status: 'OK', left: 10, acknowledged: true })
  t.same(await summary(alice), { status: 'OK', left: 10, acknowledged: true })
  const next = await signIn(app, alice)
  await verify(next, codes[0]!)
  t.same(await summary(next), { status: 'OK', left: 9, acknowledged: true })
  await renew(next)
  t.same(await summary(next), { status: 'OK', left: 10, acknowledged: false }, 'which says nothing of new ones')
})

t.test('with the last code too, a session enrols anew', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  let last = alice
  for (const [index, code] of codes.entries()) {
    last = await signIn(app, alice)
    t.match(await verify(last, code), { status: 'OK', left: 9 - index })
  }
  t.match(await setUp(last, 'New phone'), { status: 'OK' })
  t.equal((await renew(last)).recoveryCodes.length, 10)
})

t.test('an account from before the codes gets them on demand, and with its next factor', async (t) => {
  const app = await build(t)
  const [alice, bob] = [await signUp(app), await signUp(app)]
  for (const user of [alice, bob]) {
    await passSecondFactor(app, user)
    await UserMetadata.updateUserMetadata(user.userId, { 'fastify-2fa:recovery-codes': null } as never)
    t.same(await summary(user), { status: 'OK', left: 0, acknowledged: false })
    t.same((await post(user, '/recovery-codes/acknowledge')).json(), { status: 'OK', left: 0, acknowledged: false })
    t.same(await verify(await signIn(app, user), '00000-00000-00000'), INVALID)
  }
  t.equal((await renew(alice)).recoveryCodes.length, 10)
  const { deviceName, secret } = await setUp(bob)
  t.equal((await post(bob, '/totp/device/verify', { deviceName, totp: codeOf(secret) })).json().recoveryCodes.length, 10)
})

t.test('the codes are shown once, and kept nowhere in plain', async (t) => {
  const lines: string[] = []
  const app = await buildApp(t, { secondFactors: ['sms', 'totp'] }, { logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  const { alice, codes } = await withApp(app)
  const next = await signIn(app, alice)
  await verify(next, codes[0]!)
  const kept = JSON.stringify(await metadataOf(alice)) + JSON.stringify(await summary(next)) + lines.join('')
  for (const code of codes) for (const text of [code, code.replaceAll('-', '')]) t.notMatch(kept, text)
})

t.test('bodies are checked, and codes that cannot be read keep the account closed', async (t) => {
  const app = await build(t)
  const { alice, codes } = await withApp(app)
  for (const payload of [{}, { code: 1 }, { code: ['x'] }, { code: 'x'.repeat(257) }]) {
    t.match((await post(alice, '/recovery-codes/verify', payload)).json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ })
  }
  for (const spoilt of ['x', {}, [], { id: 'x', salt: 'x', hashes: [] }]) {
    await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:recovery-codes': spoilt } as never)
    t.match(await summary(alice), { code: 'AUTH_FACTOR_BROKEN' })
    t.match(await verify(await signIn(app, alice), codes[0]!), { code: 'AUTH_FACTOR_BROKEN' })
  }
})
