import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../src/index.js'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createWordFactor, WORD } from './word-factor.js'
import { isRefused } from '../refused.js'
import { payloadOf } from '../attacks/suite/clients.js'

const clock = stopClock()
const FACTORS = ['sms' as const, createWordFactor(), createWordFactor({ id: 'strong', strength: 99 }), createWordFactor({ id: 'another' })]
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: FACTORS })

const post = async ({ session }: SignedInUser, url: string, payload: object = {}) => await session.inject({ method: 'POST', url, payload })

async function ask (user: SignedInUser, factor: string) {
  const response = await post(user, `/auth/${factor}/ask`)
  return { statusCode: response.statusCode, ...response.json<{ status?: string, code?: string, challengeId: string }>() }
}

const answer = async (user: SignedInUser, factor: string, challengeId: string, word = WORD): Promise<string> =>
  (await post(user, `/auth/${factor}/answer`, { challengeId, word })).json<{ status: string }>().status

async function passByWord (user: SignedInUser, factor = 'word'): Promise<string> {
  return await answer(user, factor, (await ask(user, factor)).challengeId)
}

const isIn = async ({ session }: SignedInUser): Promise<boolean> => (await session.inject('/me')).statusCode === 200
const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>

/** An account whose phone is enrolled, in a session that has just passed it. */
async function withPhone (app: FastifyInstance): Promise<SignedInUser> {
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  return alice
}

t.test('the first factor to be enrolled is anyone\'s who has the password, and the only one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.equal(await passByWord(alice), 'OK')
  t.ok(await isIn(alice))
  t.equal((await metadataOf(alice))['test:word'], 'enrolled')
})

t.test('a thief with the password adds no factor of their own to an account that has one', async (t) => {
  const app = await build(t)
  const byPhone = await withPhone(app)
  const byWord = await signUp(app)
  await passByWord(byWord)

  const thief = await signIn(app, byPhone)
  for (const factor of ['word', 'strong']) t.match(await ask(thief, factor), { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENT_REFUSED' })
  t.notOk(await isIn(thief))

  const other = await signIn(app, byWord)
  const before = app.twoFactor.outbox.last()
  const response = await post(other, '/auth/signinup/code', { phoneNumber: newPhoneNumber() })
  isRefused(t, response, 'AUTH_ENROLMENT_REFUSED')
  t.same(app.twoFactor.outbox.last(), before, 'nothing is sent to the thief\'s phone')
  t.notOk(await isIn(other))
  for (const user of [byPhone, byWord]) t.equal(Object.keys(await metadataOf(user)).filter((key) => /^test:|passwordlessUserId/.test(key)).length, 1)
})

t.test('a challenge from before the enrolment enrols nothing afterwards', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const thief = await signIn(app, alice)
  const early = await ask(thief, 'word')
  await passSecondFactor(app, alice)
  t.equal((await post(thief, '/auth/word/answer', { challengeId: early.challengeId, word: WORD })).statusCode, 401, 'the session has ended')
  t.notOk(await isIn(thief))
  t.equal((await metadataOf(alice))['test:word'], undefined)
})

t.test('whoever has passed the second factor just now adds another one, and passes by either', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.equal(await passByWord(alice), 'OK')
  const next = await signIn(app, alice)
  t.notOk(await isIn(next))
  t.equal(await passByWord(next), 'OK')
  t.ok(await isIn(next))
  const byPhone = await signIn(app, alice)
  await passSecondFactor(app, byPhone)
  t.ok(await isIn(byPhone))
})

t.test('five minutes later it takes the second factor again', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  clock.pass(301)
  t.match(await ask(alice, 'word'), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.ok(await isIn(alice), 'which takes nothing away')
  await passSecondFactor(app, alice)
  t.equal(await passByWord(alice), 'OK')
})

t.test('the claim that counts is the Core\'s, not the token\'s', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  const { setClaimValue } = await import('supertokens-node/recipe/session')
  const { sessionHandle } = payloadOf(alice.session)
  await setClaimValue(sessionHandle, app.twoFactor.secondFactor.claim, false)
  t.match(await ask(alice, 'word'), { code: 'AUTH_ENROLMENT_REFUSED' })
})

t.test('where factors of different strength are enrolled, the weaker one adds nothing: only the strongest vouches', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.equal(await passByWord(alice, 'strong'), 'OK', 'a stronger one can follow the only one')

  const byPhone = await signIn(app, alice)
  await passSecondFactor(app, byPhone)
  t.match(await ask(byPhone, 'word'), { code: 'AUTH_ENROLMENT_REFUSED' }, 'a thief of the phone adds nothing')
  t.ok(await isIn(byPhone), 'and is in only where the phone is enough')
  t.equal(await passByWord(byPhone, 'strong'), 'OK')
  t.equal(await passByWord(byPhone), 'OK', 'in the same session, once the strongest has passed')
  clock.pass(301)
  await passSecondFactor(app, byPhone)
  t.match(await ask(byPhone, 'another'), { code: 'AUTH_ENROLMENT_REFUSED' }, 'the strong one is stale, whatever passed meanwhile')
})

t.test('where one factor is broken, no other one takes its place', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  await UserMetadata.updateUserMetadata(alice.userId, { passwordlessUserId: 'nobody' })
  t.match(await ask(alice, 'word'), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.match(await ask(await signIn(app, alice), 'word'), { code: 'AUTH_ENROLMENT_REFUSED' })
})

t.test('two factors enrolled at the same moment in two sessions: one at most', async (t) => {
  const app = await build(t)
  for (let i = 0; i < 5; i++) {
    const alice = await signUp(app)
    const other = await signIn(app, alice)
    const code = await requestCode(app, alice)
    const { challengeId } = await ask(other, 'word')
    const answers = await Promise.all([post(alice, '/auth/signinup/code/consume', code), post(other, '/auth/word/answer', { challengeId, word: WORD })])
    t.ok(answers.filter((one) => one.json().status === 'OK').length <= 1, answers.map(({ body }) => body.slice(0, 50)).join(' '))
    t.ok(Object.keys(await metadataOf(alice)).filter((key) => /^test:|passwordlessUserId/.test(key)).length <= 1)
  }
})

t.test('one factor enrolled in three sessions at the same moment: one at most', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const sessions = [alice, await signIn(app, alice), await signIn(app, alice)]
  const asked = await Promise.all(sessions.map((one) => ask(one, 'word')))
  const answers = await Promise.all(sessions.map((one, i) => answer(one, 'word', asked[i]!.challengeId)))
  t.ok(answers.filter((status) => status === 'OK').length <= 1, answers.join())
})

t.test('failures are one count over all factors: five wrong words, and the right code has to wait', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.equal(await passByWord(alice), 'OK')
  const thief = await signIn(app, alice)
  const { challengeId } = await ask(thief, 'word')
  for (let i = 0; i < 5; i++) t.equal(await answer(thief, 'word', challengeId, 'wrong'), 'WRONG_WORD_ERROR')
  t.equal(await answer(thief, 'word', challengeId), 'GENERAL_ERROR', 'not even the right word is looked at')
  const code = await requestCode(app, thief)
  const waiting = await post(thief, '/auth/signinup/code/consume', code)
  t.match(waiting.json(), { status: 'GENERAL_ERROR', message: /^Too many wrong codes\. Try again in 30 seconds\.$/ })
  t.equal(waiting.headers['retry-after'], '30')
  clock.pass(30)
  t.equal((await post(thief, '/auth/signinup/code/consume', code)).json().status, 'OK')
})

t.test('a lock holds for every factor', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.equal(await passByWord(alice), 'OK')
  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  const next = await signIn(app, alice)
  t.match(await ask(next, 'word'), { status: 'GENERAL_ERROR' })
  t.match((await post(next, '/auth/signinup/code', { phoneNumber: alice.phoneNumber })).json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: /locked/ })
})

t.test('a challenge of one factor is none of another, and asking for one ends the other', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.equal(await passByWord(alice), 'OK')
  const next = await signIn(app, alice)
  const code = await requestCode(app, next)
  t.equal(await answer(next, 'word', code.preAuthSessionId), 'RESTART_FLOW_ERROR')
  const { challengeId } = await ask(next, 'word')
  t.equal((await post(next, '/auth/signinup/code/consume', code)).json().status, 'RESTART_FLOW_ERROR')
  t.equal(await answer(next, 'strong', challengeId), 'RESTART_FLOW_ERROR')
  t.equal(await answer(next, 'word', challengeId), 'OK')
})

t.test('a challenge lives as long as its factor says, and is spent once', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const late = await ask(alice, 'word')
  clock.pass(301)
  t.equal(await answer(alice, 'word', late.challengeId), 'RESTART_FLOW_ERROR')
  const { challengeId } = await ask(alice, 'word')
  t.equal(await answer(alice, 'word', challengeId), 'OK')
  t.equal(await answer(alice, 'word', challengeId), 'RESTART_FLOW_ERROR')
  t.equal(await answer(alice, 'word', challengeId, 'wrong'), 'RESTART_FLOW_ERROR', 'a spent one does not say what is right')
})

t.test('marks of spent challenges do not pile up', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.equal(await passByWord(alice), 'OK')
  for (let i = 0; i < 4; i++) {
    clock.pass(1201)
    t.equal(await passByWord(await signIn(app, alice)), 'OK')
  }
  t.equal(Object.keys(await metadataOf(alice)).filter((key) => key.startsWith('fastify-2fa:spent:')).length, 1)
})

t.test('half a factor stops the boot', async (t) => {
  const word = createWordFactor()
  const wrong: Array<[secondFactors: unknown, message: RegExp]> = [
    [[], /at least one factor/],
    [['sms', 'sms'], /the same id/],
    [['pigeon'], /no factor "pigeon", only sms/],
    [[null], /needs an id/],
    [[{ ...word, id: '' }], /needs an id/],
    [[{ ...word, record: 'fastify-2fa:failures' }], /needs a record/],
    [['sms', { ...word, record: 'passwordlessUserId' }], /the same record/],
    [['sms', { ...word, mfaId: 'otp-phone' }], /the same mfaId/],
    [[{ ...word, id: 'emailpassword' }], /a name that is no first factor's/],
    [[{ ...word, mfaId: 'thirdparty' }], /a name that is no first factor's/],
    [[{ ...word, mfaId: '' }], /a name that is no first factor's/],
    [[{ ...word, strength: undefined }], /needs a strength/],
    [[{ ...word, challengeLifetime: 601 }], /challengeLifetime of 1 to 600/],
    [[{ ...word, endpoints: undefined }], /needs endpoints/],
    [[{ ...word, check: undefined }], /needs the function check/]
  ]
  for (const [secondFactors, message] of wrong) {
    const app = Fastify({ logger: false })
    t.teardown(() => app.close())
    await t.rejects(async () => { await app.register(fastify2fa, { secondFactors } as Fastify2faOptions) }, { code: 'AUTH_OPTIONS_INVALID', message })
  }
  const byPhone = Fastify({ logger: false })
  t.teardown(() => byPhone.close())
  await t.rejects(async () => { await byPhone.register(fastify2fa, { firstFactor: 'phone-password', secondFactors: [word] }) }, { message: /phone-password needs sms/ })
})

t.test('bodies are checked before a factor sees them', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  for (const payload of [{}, { challengeId: 1, word: WORD }, { challengeId: 'x', word: 'x'.repeat(65) }, { challengeId: ['x'], word: WORD }]) {
    const response = await post(alice, '/auth/word/answer', payload)
    t.match(response.json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ })
  }
})
