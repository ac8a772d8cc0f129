import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../../src/testing/index.js'
import { payloadOf } from '../../attacks/suite/clients.js'
import { build } from '../../helper.js'
import { stopClock } from '../../limits/clock.js'
import { isRefused } from '../../refused.js'

const clock = stopClock()
const options = { secondFactors: ['sms' as const, 'email' as const], passwordReset: false, emailFactorFlow: 'both' as const }
const CODE = '/auth/signinup/code'
const RESTART = { status: 'RESTART_FLOW_ERROR' }

const post = async ({ session }: SignedInUser, url: string, payload: object = {}) => await session.inject({ method: 'POST', url, payload })
const isIn = async ({ session }: SignedInUser): Promise<boolean> => (await session.inject('/me')).statusCode === 200
const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>

async function requestMail (app: FastifyInstance, user: SignedInUser) {
  const { status, deviceId, preAuthSessionId } = (await post(user, CODE, { email: user.email })).json<Record<string, string>>()
  const { code: userInputCode, link } = app.twoFactor.outbox.last(user.email) ?? {}
  return { status, answer: { deviceId, preAuthSessionId, userInputCode }, link }
}

async function passByMail (app: FastifyInstance, user: SignedInUser): Promise<string> {
  return (await post(user, `${CODE}/consume`, (await requestMail(app, user)).answer)).json<{ status: string }>().status
}

t.test('the code goes where the client asks for it, and is sent again and used there', async (t) => {
  const app = await build(t, options)
  for (const channel of ['mail', 'sms'] as const) {
    const alice = await signUp(app)
    const to = channel === 'mail' ? alice.email : alice.phoneNumber
    const asked = (await post(alice, CODE, channel === 'mail' ? { email: to } : { phoneNumber: to })).json<Record<string, string>>()
    t.equal(asked.flowType, channel === 'mail' ? 'USER_INPUT_CODE_AND_MAGIC_LINK' : 'USER_INPUT_CODE')
    t.equal((await post(alice, `${CODE}/resend`, asked)).json().status, 'OK')
    const sent = app.twoFactor.outbox.last()!
    t.same([sent.channel, sent.to, sent.link === undefined], [channel, to, channel === 'sms'])
    t.equal((await post(alice, `${CODE}/consume`, { deviceId: asked.deviceId, preAuthSessionId: asked.preAuthSessionId, userInputCode: sent.code })).json().status, 'OK')
    t.same(Object.keys(await metadataOf(alice)).filter((key) => /email|passwordless/.test(key)), [channel === 'mail' ? 'fastify-2fa:email' : 'passwordlessUserId'])
  }
})

t.test('a code of one factor is none of the other', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const bySms = await requestCode(app, alice)
  const byMail = await requestMail(app, alice)
  // The session is asked for what it asked for last.
  for (const url of [`${CODE}/consume`, `${CODE}/resend`]) t.same((await post(alice, url, bySms)).json(), RESTART)
  t.match((await post(alice, `${CODE}/consume`, { ...byMail.answer, userInputCode: bySms.userInputCode === byMail.answer.userInputCode ? '000000' : bySms.userInputCode })).json(), { status: 'INCORRECT_USER_INPUT_CODE_ERROR' })
  await requestCode(app, alice)
  const { hash, searchParams } = new URL(byMail.link!)
  t.same((await post(alice, `${CODE}/consume`, { linkCode: hash.slice(1), preAuthSessionId: searchParams.get('preAuthSessionId') })).json(), RESTART)
  t.notOk(await isIn(alice))
})

t.test('a thief with the password and the mailbox adds no mail to an account that has a phone', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const thief = await signIn(app, alice)
  const before = app.twoFactor.outbox.last()
  isRefused(t, await post(thief, CODE, { email: alice.email }), 'AUTH_ENROLMENT_REFUSED')
  t.same(app.twoFactor.outbox.last(), before)
  t.notOk(await isIn(thief))
})

t.test('who has just passed by SMS adds the mail, and passes by either', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  t.equal(await passByMail(app, alice), 'OK')
  t.match(payloadOf(alice.session), { amr: ['pwd', 'otp', 'sms', 'mfa'], acr: 'urn:fastify-2fa:sms' })
  const again = await signIn(app, alice)
  t.equal(await passByMail(app, again), 'OK')
  t.match(payloadOf(again.session), { amr: ['pwd', 'otp', 'mfa'], acr: 'urn:fastify-2fa:email' })
})

t.test('mail, the weaker one, changes no phone; nor does SMS after five minutes add mail', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  clock.pass(301)
  isRefused(t, await post(alice, CODE, { email: alice.email }), 'AUTH_ENROLMENT_REFUSED')
  const again = await signIn(app, alice)
  await passSecondFactor(app, again)
  t.equal(await passByMail(app, again), 'OK')
  const byMail = await signIn(app, alice)
  t.equal(await passByMail(app, byMail), 'OK')
  isRefused(t, await post(byMail, CODE, { phoneNumber: newPhoneNumber() }), 'AUTH_PHONE_MISMATCH')
})

t.test('wrong codes of both count together', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const wrong = (answer: { userInputCode?: string | undefined }) => ({ ...answer, userInputCode: answer.userInputCode === '000000' ? '000001' : '000000' })
  const bySms = await requestCode(app, alice)
  for (let i = 0; i < 3; i++) await post(alice, `${CODE}/consume`, wrong(bySms))
  const { answer } = await requestMail(app, alice)
  for (let i = 0; i < 2; i++) await post(alice, `${CODE}/consume`, wrong(answer))
  t.match((await post(alice, `${CODE}/consume`, answer)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' })
})

t.test('two sessions that enrol a phone and a mailbox at the same moment: one at most succeeds', async (t) => {
  const app = await build(t, options)
  for (let round = 0; round < 5; round++) {
    const alice = await signUp(app)
    const other = await signIn(app, alice)
    const [bySms, byMail] = [await requestCode(app, alice), await requestMail(app, other)]
    await Promise.all([post(alice, `${CODE}/consume`, bySms), post(other, `${CODE}/consume`, byMail.answer)])
    const open = await Promise.all([alice, other].map(isIn))
    t.ok(open.filter(Boolean).length <= 1, open.join())
    t.ok(Object.keys(await metadataOf(alice)).filter((key) => ['passwordlessUserId', 'fastify-2fa:email'].includes(key)).length <= 1)
  }
})

t.test('once the mail is removed, it opens nothing, and its next code enrols nothing', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  await passByMail(app, alice)
  const early = await signIn(app, alice)
  const { answer } = await requestMail(app, early)
  await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:email': null } as never)
  t.match((await post(early, `${CODE}/consume`, answer)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENT_REFUSED' })
  t.notOk(await isIn(early))
  t.equal((await metadataOf(alice))['fastify-2fa:email'], undefined)
})

t.test('stock pages are offered both', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const info = (await alice.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json<{ factors: object, emails: object }>()
  t.same(info.factors, { next: ['otp-phone', 'otp-email'], alreadySetup: [], allowedToSetup: ['otp-phone', 'otp-email'] })
  t.same(Object.keys(info.emails), ['otp-email'])
})
