import { generateKeyPairSync } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import supertokens, { deleteUser } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { signIn } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createAuthenticator, type Manipulated } from '../second-factor/passkey/authenticator.js'
import { askToRegister, askToSignIn, askToVerify, isIn, post, register, signInAlone, stranger, verify, withPasskey, type PasskeyAnswer } from '../second-factor/passkey/client.js'
import { callsOf } from './suite/hold-call.js'
import { recordAudit } from '../audit/record.js'

type Options = PasskeyAnswer['options']

/** How long every wrong answer takes, whatever is wrong. */
const REFUSAL_MS = 100

const clock = stopClock()
const build = (t: Test): Promise<FastifyInstance> =>
  buildApp(t, {
    secondFactors: ['sms', 'passkey'],
    passkeySignIn: true,
    factorKeys: ['a key of this test, and of no other'],
    limits: { sends: false, signUps: false, mails: false, signIn: { perAddress: 20, refusalTime: REFUSAL_MS } }
  })

const OK = { statusCode: 200, status: 'OK' }
const WRONG = { statusCode: 200, status: 'INVALID_CREDENTIALS_ERROR' }
const RESTART = { statusCode: 200, status: 'RESTART_FLOW_ERROR' }

const events = recordAudit(t)

const metadataOf = async (userId: string) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>

let lastAddress = 0
/** Each from a network of its own, so that only what is counted for the account counts. */
const elsewhere = () => ({ remoteAddress: `198.51.${++lastAddress >> 8}.${lastAddress & 255}` })

async function answerFrom ({ session }: ReturnType<typeof stranger>, credential: object, { remoteAddress } = elsewhere()) {
  const response = await session.inject({ method: 'POST', url: '/auth/passkey/signin', payload: { credential }, remoteAddress })
  return { response, answer: { statusCode: response.statusCode, ...response.json<object>() } as PasskeyAnswer }
}

t.test('whatever is wrong with an answer, Mallory gets the same words, and no session', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const { authenticator: his } = await withPasskey(app)
  const [hers, own] = [authenticator.held[0]!, his.held[0]!]
  const removed = createAuthenticator()
  const { id } = await register(alice, removed)
  await post(alice, 'remove', { id })
  const gone = await withPasskey(app)
  await deleteUser(gone.alice.userId)
  const forged = Buffer.from(hers.userHandle, 'base64url')
  forged[forged.length - 20]! ^= 1

  const use = (wrong: Manipulated) => (options: Options) => authenticator.get(options, wrong)
  const attempts: Record<string, (options: Options) => object> = {
    'a handle that he has made up': use({ userHandle: 'AAAA' }),
    'a handle of the right length': use({ userHandle: Buffer.alloc(49).toString('base64url') }),
    'her handle with another account in it': use({ userHandle: forged.toString('base64url') }),
    'her user id as the handle': use({ userHandle: Buffer.from(alice.userId).toString('base64url') }),
    'his handle': use({ userHandle: own.userHandle }),
    'his passkey with her handle': (options) => his.get(options, { userHandle: hers.userHandle }),
    'his passkey under her id and handle': (options) => his.get(options, { userHandle: hers.userHandle, credentialId: hers.id }),
    'no handle': (options) => {
      const credential = authenticator.get(options)
      return { ...credential, response: { ...credential.response, userHandle: undefined } }
    },
    'a passkey that she has removed': (options) => removed.get(options),
    'a passkey of an account that was deleted': (options) => gone.authenticator.get(options),
    'a key of his': use({ signedBy: own.keys.privateKey }),
    'a key of another kind': use({ signedBy: generateKeyPairSync('ed25519').privateKey }),
    'nobody verified': use({ flags: 1 }),
    'nobody present': use({ flags: 4 }),
    'a page that looks like the website': use({ origin: 'https://l0calhost:3001' }),
    'a frame': use({ crossOrigin: true }),
    'another RP ID': use({ rpId: 'evil.example' }),
    'a registration': use({ type: 'webauthn.create' })
  }
  for (const [what, attempt] of Object.entries(attempts)) {
    const mallory = stranger(app)
    const { options } = await askToSignIn(mallory)
    events.length = 0
    const start = performance.now()
    const { response, answer } = await answerFrom(mallory, attempt(options))
    t.ok(performance.now() - start > REFUSAL_MS - 5, `${what}: nor does the time tell`)
    t.same(answer, WRONG, what)
    t.equal(response.headers['set-cookie'] ?? response.headers['st-access-token'], undefined, what)
    t.notOk(await isIn(mallory), what)
    t.match(events.map(({ type, factor, sessionHandle }) => ({ type, factor, sessionHandle })), [{ type: 'first-factor.failed', factor: 'passkey', sessionHandle: undefined }], what)
    clock.pass(3600)
  }
  t.same(await signInAlone(stranger(app), authenticator), OK, 'hers, as it is')

  await app.twoFactor.operations.core.update(alice.userId, { 'fastify-2fa:deleting': Date.now() })
  const late = stranger(app)
  t.match(await signInAlone(late, authenticator), { status: 'GENERAL_ERROR' }, 'not even hers, while the account is being deleted')
  t.notOk(await isIn(late))
})

t.test('Mallory replays an answer, on two replicas and at the same moment: it passes once', async (t) => {
  const replicas = [await build(t), await build(t)]
  const { authenticator } = await withPasskey(replicas[0]!, { counts: false })
  for (let round = 0; round < 4; round++) {
    const credential = authenticator.get((await askToSignIn(stranger(replicas[0]!))).options)
    const clients = [0, 1, 0, 1].map((replica) => stranger(replicas[replica]!))
    const answers = await Promise.all(clients.map(async (one) => (await answerFrom(one, credential)).answer.status))
    t.ok(answers.filter((status) => status === 'OK').length === 1, answers.join())
    t.equal((await Promise.all(clients.map(isIn))).filter(Boolean).length, 1)
    t.not((await answerFrom(stranger(replicas[1]!), credential)).answer.status, 'OK', 'nor later')
    clock.pass(3600)
  }
})

t.test('a challenge of a session is none for signing in, nor the other way round', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const thief = await signIn(app, alice)
  const ofSession = authenticator.get((await askToVerify(thief)).options)
  t.same((await answerFrom(stranger(app), ofSession)).answer, RESTART)
  const toRegister = (await askToRegister(alice)).options
  t.same((await answerFrom(stranger(app), authenticator.get({ ...toRegister, rpId: 'localhost' }))).answer, RESTART)

  const { options } = await askToSignIn(thief)
  const alone = authenticator.get(options)
  t.same(await post(thief, 'verify', { credential: alone }), RESTART)
  await askToVerify(thief)
  t.same(await post(thief, 'verify', { credential: alone }), RESTART, 'nor with a challenge underway')
  const asRegistration = createAuthenticator().create({ ...options, rp: { id: 'localhost' }, user: { id: 'AAAA' } })
  t.same(await post(alice, 'register', { credential: asRegistration }), RESTART)
  t.notOk(await isIn(thief))
  t.equal((await verify(thief, authenticator)).status, 'OK')
})

t.test('Mallory makes challenges of his own, changes one, or keeps one: they are none', async (t) => {
  const app = await build(t)
  const { authenticator } = await withPasskey(app)
  const { challenge, rpId } = (await askToSignIn(stranger(app))).options
  const bytes = Buffer.from(challenge, 'base64url')
  const changed = (at: number) => Buffer.from(bytes.map((byte, i) => i === at ? byte ^ 1 : byte)).toString('base64url')
  const made: Record<string, string> = {
    'of the right length': Buffer.alloc(bytes.length).toString('base64url'),
    'one byte': 'AA',
    'another id': changed(0),
    'a later end': changed(16),
    'another signature': changed(bytes.length - 1),
    'a longer one': Buffer.concat([bytes, Buffer.of(0)]).toString('base64url'),
    'in another alphabet': challenge.replaceAll('-', '+').replaceAll('_', '/') + '=',
    nothing: ''
  }
  for (const [what, forged] of Object.entries(made)) {
    t.same((await answerFrom(stranger(app), authenticator.get({ challenge: forged, rpId } as Options))).answer, RESTART, what)
  }
  clock.pass(299)
  t.same((await answerFrom(stranger(app), authenticator.get({ challenge, rpId } as Options))).answer, OK, 'the own one, in time')
  const late = authenticator.get((await askToSignIn(stranger(app))).options)
  clock.pass(301)
  t.same((await answerFrom(stranger(app), late)).answer, RESTART)
})

t.test('failures are one count with those of the second factor, and a lock closes both', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const wrong = async () => (await answerFrom(stranger(app), authenticator.get((await askToSignIn(stranger(app))).options, { flags: 1 }))).answer
  for (let i = 0; i < 5; i++) t.same(await wrong(), WRONG)
  const waiting = { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED', message: /Try again in 30 seconds/ }
  t.match((await answerFrom(stranger(app), authenticator.get((await askToSignIn(stranger(app))).options))).answer, waiting)
  const home = await signIn(app, alice)
  t.match(await verify(home, authenticator), waiting, 'nor with the password')
  clock.pass(30)
  t.equal((await verify(home, authenticator)).status, 'OK')

  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  events.length = 0
  const { answer } = await answerFrom(stranger(app), authenticator.get((await askToSignIn(stranger(app))).options))
  t.match(answer, { status: 'GENERAL_ERROR', message: /locked/ })
  t.match(events, [{ type: 'first-factor.limited', factor: 'passkey', userId: alice.userId }])
})

t.test('Mallory has a copy of the security key: the counter tells', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  t.same(await signInAlone(stranger(app), authenticator, { counter: 5 }), OK)
  events.length = 0
  t.same(await signInAlone(stranger(app), authenticator, { counter: 5 }), WRONG)
  t.match(events.find(({ type }) => type === 'second-factor.cloned'), { factor: 'passkey', userId: alice.userId })
  t.same(await signInAlone(stranger(app), authenticator, { counter: 6 }), OK)
})

t.test('a flood of requests for options keeps nothing and asks the Core nothing', async (t) => {
  const app = await build(t)
  const { authenticator } = await withPasskey(app)
  const made = new Set<string>()
  const calls = await callsOf(() => Promise.all(Array.from({ length: 500 }, async () => made.add((await askToSignIn(stranger(app))).options.challenge))))
  t.same(calls, [])
  t.equal(made.size, 500)
  t.same(await signInAlone(stranger(app), authenticator), OK, 'and keeps nobody out')
})

t.test('a network that makes up answers has to wait, others do not; accounts have no part in it', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  const [bad, good] = [{ remoteAddress: '203.0.113.1' }, { remoteAddress: '203.0.113.2' }]
  let refused
  for (let i = 0; i < 30 && refused === undefined; i++) {
    const { options } = await askToSignIn(stranger(app))
    const { answer, response } = await answerFrom(stranger(app), authenticator.get(options, { userHandle: Buffer.from(`made up ${i}`).toString('base64url') }), bad)
    if (answer.status !== 'INVALID_CREDENTIALS_ERROR') refused = { ...answer, retryAfter: response.headers['retry-after'] }
  }
  t.match(refused, { statusCode: 200, status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED', message: /^Too many failed attempts\. Try again in/, retryAfter: /^\d+$/ })
  t.notOk('fastify-2fa:failures' in await metadataOf(alice.userId))
  const right = async (from: typeof bad) => (await answerFrom(stranger(app), authenticator.get((await askToSignIn(stranger(app))).options), from)).answer
  t.match(await right(bad), { status: 'GENERAL_ERROR' })
  t.same(await right(good), OK)
})

t.test('only that sign-in vouches: a session that the app creates afterwards has passed nothing', async (t) => {
  const app = await build(t)
  const { alice, authenticator } = await withPasskey(app)
  t.same(await signInAlone(stranger(app), authenticator), OK)
  const forged = { '2fa-completed': { v: true, t: Date.now() }, 'st-mfa': { c: { webauthn: Math.floor(Date.now() / 1000) }, v: true }, amr: ['mfa'], acr: 'urn:fastify-2fa:passkey' }
  const session = await Session.createNewSessionWithoutRequestResponse('public', supertokens.convertToRecipeUserId(alice.userId), forged)
  const payload = session.getAccessTokenPayload() as Record<string, unknown>
  t.match(payload, { '2fa-completed': { v: false }, 'st-mfa': { v: false }, amr: ['pwd'] })
  t.notOk('acr' in payload)
})

t.test('what no browser sends is refused, and is never a failure of ours', async (t) => {
  const app = await build(t)
  const { authenticator } = await withPasskey(app)
  const { options } = await askToSignIn(stranger(app))
  const right = authenticator.get(options)
  const { response } = right
  for (const credential of [undefined, null, 'x', [], {}, { ...right, id: 1 }, { ...right, type: 'password' }, { ...right, response: { ...response, userHandle: 'x'.repeat(87) } }, { ...right, response: { ...response, signature: 'x'.repeat(2049) } }]) {
    t.match(await post(stranger(app), 'signin', { credential }), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ }, JSON.stringify(credential)?.slice(0, 60))
  }
  const texts = { authenticatorData: ['A', 'AAAA', response.authenticatorData.slice(0, 40)], signature: ['A', 'MAYCAQECAQE'], clientDataJSON: ['A', 'e30', 'bnVsbA'], userHandle: ['A', response.userHandle.slice(0, -1), response.userHandle + 'A'] }
  for (const [name, values] of Object.entries(texts)) {
    for (const value of values) {
      const { answer } = await answerFrom(stranger(app), { ...right, response: { ...response, [name]: value } })
      t.match(answer, { statusCode: 200, status: /^(RESTART_FLOW_ERROR|INVALID_CREDENTIALS_ERROR)$/ }, `${name} ${value}`)
      clock.pass(10)
    }
  }
})
