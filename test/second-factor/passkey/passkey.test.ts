import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { passSecondFactor, signIn, signUp, type SignedInUser } from '../../../src/testing/index.js'
import { build as buildApp } from '../../helper.js'
import { stopClock } from '../../limits/clock.js'
import { createAuthenticator } from './authenticator.js'
import { askToRegister, askToVerify, isIn, list, post, register, verify, withPasskey } from './client.js'
import { payloadOf } from '../../attacks/suite/clients.js'

const clock = stopClock()
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: ['sms', 'passkey'] })

const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const keysOf = async (user: SignedInUser, prefix: string): Promise<string[]> => Object.keys(await metadataOf(user)).filter((key) => key.startsWith(prefix))

t.test('a passkey is registered, and opens the next session, whatever its algorithm', async (t) => {
  const app = await build(t)
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { alice, authenticator } = await withPasskey(app, { algorithm })
    t.ok(await isIn(alice), 'registering the first one passes the second factor')
    const next = await signIn(app, alice)
    t.notOk(await isIn(next))
    t.same(await verify(next, authenticator), { statusCode: 200, status: 'OK' })
    t.ok(await isIn(next))
    t.match(payloadOf(next.session), { amr: ['pwd', 'pop', 'user', 'mfa'], acr: 'urn:fastify-2fa:passkey', 'st-mfa': { v: true, c: { webauthn: Number } } })
  }
})

t.test('the answer that registers the first factor shows the recovery codes, which are never shown again', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const authenticator = createAuthenticator()
  const { status, id, recoveryCodes = [] } = await register(alice, authenticator)
  t.match({ status, id }, { status: 'OK', id: String })
  t.equal(recoveryCodes.length, 10)
  t.notOk('recoveryCodes' in await register(alice, createAuthenticator()), 'not with the next one')
  const next = await signIn(app, alice)
  t.notOk('recoveryCodes' in await verify(next, authenticator), 'nor with a sign-in')
  const other = await signIn(app, alice)
  const used = await other.session.inject({ method: 'POST', url: '/auth/recovery-codes/verify', payload: { code: recoveryCodes[0] } })
  t.same(used.json(), { status: 'OK', left: 9, enrolAnew: true }, 'they are the codes of this account')
  t.ok(await isIn(other))
})

t.test('the options say what authenticators need, and nothing about the person but the login', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { options } = await askToRegister(alice)
  t.match(options, {
    rp: { id: 'localhost', name: 'fastify-2fa' },
    user: { name: alice.email },
    pubKeyCredParams: [{ alg: -7 }, { alg: -8 }, { alg: -257 }],
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    attestation: 'none',
    excludeCredentials: []
  })
  t.equal(Buffer.from(options.challenge, 'base64url').length, 32)
  t.equal(Buffer.from(options.user.id, 'base64url').length, 32)
  t.not((await askToRegister(alice)).options.challenge, options.challenge)

  const authenticator = createAuthenticator()
  await register(alice, authenticator)
  const second = await askToRegister(alice)
  t.same(second.options.excludeCredentials.map(({ id }) => id), [authenticator.held[0]?.id], 'one authenticator is registered once')
  t.equal(second.options.user.id, authenticator.held[0]?.userHandle, 'a user has one handle')
  const asked = await askToVerify(await signIn(app, alice))
  t.match(asked.options, { rpId: 'localhost', userVerification: 'preferred', allowCredentials: [{ id: authenticator.held[0]?.id, transports: ['internal', 'hybrid'] }] })
})

t.test('a security key without a PIN is welcome; one that nobody has touched is not', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const key = createAuthenticator()
  t.match(await register(alice, key, { flags: 0 }), { code: 'AUTH_PASSKEY_REFUSED' })
  key.held.length = 0
  t.equal((await register(alice, key, { flags: 1 })).status, 'OK')
  const next = await signIn(app, alice)
  t.equal((await verify(next, key, { flags: 4 })).status, 'INVALID_CREDENTIALS_ERROR', 'verified, but not present')
  t.equal((await verify(next, key, { flags: 1 })).status, 'OK')
})

t.test('without a passkey nobody is asked for one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const none = { status: 'GENERAL_ERROR', code: 'AUTH_FACTOR_NOT_ENROLLED' }
  t.match(await askToVerify(alice), none)
  await passSecondFactor(app, alice)
  const asked = await askToVerify(alice)
  t.match(asked, none, 'nor where another factor is set up')
  t.equal(asked.options, undefined)
})

t.test('several have names, and times of making and use', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const [phone, key] = [createAuthenticator(), createAuthenticator({ counts: false })]
  const first = await register(alice, phone, { name: 'Phone' })
  clock.pass(60)
  const second = await register(alice, key)
  t.equal(second.status, 'OK')
  const [one, two] = await list(alice)
  t.match(one, { id: first.id, name: 'Phone', createdAt: Number })
  t.same(Object.keys(two!).sort(), ['createdAt', 'id'], 'neither a key nor a credential id')
  t.equal(two!.createdAt - one!.createdAt, 60_000)

  t.equal((await post(alice, 'rename', { id: second.id, name: 'Schlüssel 🔑' })).status, 'OK')
  clock.pass(60)
  const next = await signIn(app, alice)
  await verify(next, key)
  t.match(await list(next), [{ name: 'Phone' }, { name: 'Schlüssel 🔑', lastUsedAt: Date.now() }])
  t.notOk('lastUsedAt' in (await list(next))[0]!)
  t.ok(await isIn(alice), 'using one ends no session')
  t.equal((await post(alice, 'rename', { id: 'nothing', name: 'x' })).status, 'UNKNOWN_PASSKEY_ERROR')
  for (const name of ['', 'a\nb', 'x'.repeat(65), 1]) t.match(await post(alice, 'rename', { id: first.id, name }), { code: /AUTH_(BODY_INVALID|INPUT_TOO_LONG)/ })
  t.equal((await list(next))[0]?.name, 'Phone')
})

t.test('one is removed: it opens nothing, other sessions end, and nothing of it is left', async (t) => {
  const app = await build(t)
  const { alice, authenticator: lost } = await withPasskey(app)
  const kept = createAuthenticator()
  await register(alice, kept)
  const elsewhere = await signIn(app, alice)
  t.equal((await verify(elsewhere, lost)).status, 'OK')
  const { options } = await askToVerify(elsewhere)
  const [{ id } = { id: '' }] = await list(alice)
  await post(alice, 'rename', { id, name: 'Lost' })

  t.equal((await post(alice, 'remove', { id: 'nothing' })).status, 'UNKNOWN_PASSKEY_ERROR')
  t.equal((await post(alice, 'remove', { id })).status, 'OK')
  t.same(Object.keys(await metadataOf(alice)).filter((key) => key.includes(id)), [])
  t.equal((await post(elsewhere, 'verify', { credential: lost.get(options) })).statusCode, 401)
  const thief = await signIn(app, alice)
  const asked = await askToVerify(thief)
  t.notOk(asked.options.allowCredentials.some(({ id }) => id === lost.held[0]?.id))
  t.equal((await post(thief, 'verify', { credential: lost.get({ ...asked.options, allowCredentials: [{ id: lost.held[0]!.id }] }) })).status, 'INVALID_CREDENTIALS_ERROR')
  t.notOk(await isIn(thief))

  const [last] = await list(alice)
  t.match(await post(alice, 'remove', { id: last?.id }), { code: 'AUTH_LAST_FACTOR' })
  t.equal((await verify(await signIn(app, alice), kept)).status, 'OK')
})

t.test('an account has ten at most', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  for (let i = 0; i < 9; i++) t.equal((await register(alice, createAuthenticator())).status, 'OK')
  const asked = await askToRegister(alice)
  const early = createAuthenticator().create(asked.options)
  t.equal((await post(alice, 'register', { credential: early })).status, 'OK')
  t.match(await askToRegister(alice), { status: 'GENERAL_ERROR', code: 'AUTH_TOO_MANY_PASSKEYS' })
  t.equal((await keysOf(alice, 'fastify-2fa:passkey:')).length, 10)
})

t.test('marks of uses and spent challenges do not pile up', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  for (let i = 0; i < 4; i++) {
    clock.pass(1201)
    t.equal((await verify(await signIn(app, alice), authenticator)).status, 'OK')
  }
  t.equal((await keysOf(alice, 'fastify-2fa:passkey-counter:')).length, 1)
  t.equal((await keysOf(alice, 'fastify-2fa:spent:')).length, 1)
})

t.test('a challenge lives five minutes', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const next = await signIn(app, alice)
  const { options } = await askToVerify(next)
  const credential = authenticator.get(options)
  clock.pass(301)
  t.equal((await post(next, 'verify', { credential })).status, 'RESTART_FLOW_ERROR')
  t.equal((await verify(next, authenticator)).status, 'OK')
})

t.test('a record that is none breaks the factor instead of opening it', async (t) => {
  const app = await build(t)
  const { alice } = await withPasskey(app)
  for (const broken of [{ 'fastify-2fa:passkey:x': 'x' }, { 'fastify-2fa:passkey:x': { credentialId: 'a', publicKey: 'b' } }, { 'fastify-2fa:passkey': true }]) {
    await UserMetadata.updateUserMetadata(alice.userId, broken as never)
    const next = await signIn(app, alice)
    t.match(await askToVerify(next), { code: 'AUTH_FACTOR_BROKEN' })
    t.match(await askToRegister(next), { code: 'AUTH_FACTOR_BROKEN' })
    await UserMetadata.updateUserMetadata(alice.userId, Object.fromEntries(Object.keys(broken).map((key) => [key, null])))
  }
})
