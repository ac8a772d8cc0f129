import { createUserIdMapping } from 'supertokens-node'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { createTestSession, signIn, signUp, type SignedInUser } from '../../../src/testing/index.js'
import { build as buildApp } from '../../helper.js'
import { stopClock } from '../../limits/clock.js'
import { createAuthenticator } from './authenticator.js'
import { askToRegister, askToSignIn, askToVerify, isIn, list, register, signInAlone, stranger, verify, withPasskey } from './client.js'
import { recordAudit } from '../../audit/record.js'
import { payloadOf } from '../../attacks/suite/clients.js'

const clock = stopClock()
const build = (t: Test): Promise<FastifyInstance> =>
  buildApp(t, { secondFactors: ['sms', 'passkey'], passkeySignIn: true, factorKeys: ['a key of this test, and of no other'] })

const OK = { statusCode: 200, status: 'OK' }
const WRONG = { statusCode: 200, status: 'INVALID_CREDENTIALS_ERROR' }

const events = recordAudit(t)

t.test('a passkey alone signs in, whatever its algorithm, and is both factors', async (t) => {
  const app = await build(t)
  for (const [algorithm, transferMethod] of [['ES256', 'cookie'], ['EdDSA', 'header'], ['RS256', 'cookie']] as const) {
    const { alice, authenticator } = await withPasskey(app, { algorithm })
    events.length = 0
    const browser = { session: createTestSession(app, transferMethod) }
    t.same(await signInAlone(browser, authenticator), OK)
    t.ok(await isIn(browser))
    const payload = payloadOf(browser.session)
    t.match(payload, { sub: alice.userId, '2fa-completed': { v: true, t: Date.now() }, amr: ['pop', 'user', 'mfa'], acr: 'urn:fastify-2fa:passkey' })
    t.same(payload['st-mfa'], { c: { webauthn: Math.floor(Date.now() / 1000) }, v: true }, 'no password has passed')
    const common = { factor: 'passkey', userId: alice.userId, tenantId: 'public', sessionHandle: payload.sessionHandle, address: '127.0.0.1' }
    t.match(events, [{ ...common, type: 'first-factor.passed' }, { ...common, type: 'second-factor.passed' }])
    t.equal(events.length, 2)
    t.ok(await isIn(alice), 'other sessions go on')
  }
})

t.test('the options name no account, and ask for the person', async (t) => {
  const app = await build(t)
  const { options } = await askToSignIn(stranger(app))
  t.match(options, { rpId: 'localhost', userVerification: 'required', timeout: 300_000 })
  t.same(options.allowCredentials, [])
  t.not((await askToSignIn(stranger(app))).options.challenge, options.challenge)
})

t.test('a new passkey is kept in the device, asks for the person, and says nothing of the account', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { options } = await askToRegister(alice)
  t.match(options.authenticatorSelection, { residentKey: 'required', userVerification: 'required' })
  const handle = Buffer.from(options.user.id, 'base64url')
  t.ok(handle.length >= 32 && handle.length <= 64, `${handle.length}`)
  t.notOk(handle.includes(Buffer.from(alice.userId.replaceAll('-', ''), 'hex')))
  const first = createAuthenticator()
  await register(alice, first)
  t.equal((await askToRegister(alice)).options.user.id, first.held[0]?.userHandle, 'a user has one handle')
  t.not((await askToRegister(await signUp(app))).options.user.id, first.held[0]?.userHandle)
  t.equal((await askToVerify(alice)).options.userVerification, 'preferred', 'as a second factor, a key without a PIN does')
})

t.test('it opens what takes a fresh factor, and its last use is shown', async (t) => {
  const app = await build(t)
  const { authenticator } = await withPasskey(app)
  const browser = stranger(app)
  await signInAlone(browser, authenticator)
  t.match(await list(browser as SignedInUser), [{ lastUsedAt: Date.now() }])
  const spare = createAuthenticator()
  t.equal((await register(browser as SignedInUser, spare)).status, 'OK')
  clock.pass(301)
  t.match(await askToRegister(browser as SignedInUser), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.same(await signInAlone(stranger(app), spare), OK)
})

t.test('a tenant has it too, for its own users', async (t) => {
  const app = await build(t)
  const { authenticator } = await withPasskey(app)
  const browser = stranger(app)
  const { options } = (await browser.session.inject({ method: 'POST', url: '/auth/public/passkey/signin/options', payload: {} })).json<{ options: { challenge: string, rpId: string } }>()
  const response = await browser.session.inject({ method: 'POST', url: '/auth/public/passkey/signin', payload: { credential: authenticator.get(options) } })
  t.same(response.json(), { status: 'OK' })
  t.match((await browser.session.inject({ method: 'POST', url: '/auth/nobodys/passkey/signin/options', payload: {} })).json(), { code: 'AUTH_TENANT_UNKNOWN' })
})

t.test('a user whom the app calls by an id of its own signs in as that one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await createUserIdMapping({ superTokensUserId: alice.userId, externalUserId: `an id of the app's own, longer than handles are: ${alice.userId}`, force: true })
  const mapped = await signIn(app, alice)
  t.not(mapped.userId, alice.userId)
  const authenticator = createAuthenticator()
  t.equal((await register(mapped, authenticator)).status, 'OK')
  const browser = stranger(app)
  t.same(await signInAlone(browser, authenticator), OK)
  t.equal(payloadOf(browser.session).sub, mapped.userId)
})

t.test('a security key that was registered without a PIN is a second factor only, even once it has one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const key = createAuthenticator()
  t.equal((await register(alice, key, { flags: 1 })).status, 'OK')
  t.same(await signInAlone(stranger(app), key, { flags: 5 }), WRONG, 'whoever finds it may have set the PIN')
  t.equal((await verify(await signIn(app, alice), key, { flags: 1 })).status, 'OK')
})

t.test('a passkey with a random handle, from before, is a second factor only; the next one does both', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const old = Buffer.alloc(32, 7).toString('base64url')
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId) as { metadata: Record<string, object> }
  const key = Object.keys(metadata).find((name) => name.startsWith('fastify-2fa:passkey:'))!
  await UserMetadata.updateUserMetadata(alice.userId, { [key]: { ...metadata[key], userHandle: old } } as never)
  authenticator.held[0]!.userHandle = old
  t.same(await signInAlone(stranger(app), authenticator), WRONG)
  const next = await signIn(app, alice)
  t.equal((await verify(next, authenticator)).status, 'OK')
  const newer = createAuthenticator()
  t.equal((await register(next, newer)).status, 'OK')
  t.not(newer.held[0]?.userHandle, old)
  t.same(await signInAlone(stranger(app), newer), OK)
})
