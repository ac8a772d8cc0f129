import { getUser } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { passSecondFactor, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createWordFactor, WORD } from './word-factor.js'
import { payloadOf } from '../attacks/suite/clients.js'

const clock = stopClock()

const FACTORS = ['sms' as const, createWordFactor(), createWordFactor({ id: 'strong', strength: 99 })]
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: FACTORS })

interface Info {
  status: string
  factors: { next: string[], alreadySetup: string[], allowedToSetup: string[] }
  emails: Record<string, string[]>
  phoneNumbers: Record<string, string[]>
}

const infoOf = async ({ session }: SignedInUser): Promise<Info> => (await session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json<Info>()

async function passBy (user: SignedInUser, factor: string): Promise<void> {
  const { challengeId } = (await user.session.inject({ method: 'POST', url: `/auth/${factor}/ask`, payload: {} })).json<{ challengeId: string }>()
  const response = await user.session.inject({ method: 'POST', url: `/auth/${factor}/answer`, payload: { challengeId, word: WORD } })
  if (response.json<{ status: string }>().status !== 'OK') throw new Error(response.body)
}

t.test('a session says what it can pass next: what is enrolled, the strongest first, or what may be enrolled', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.same(await infoOf(alice), {
    status: 'OK',
    factors: { next: ['strong', 'otp-phone', 'word'], alreadySetup: [], allowedToSetup: ['strong', 'otp-phone', 'word'] },
    emails: {},
    phoneNumbers: {}
  })
  await passSecondFactor(app, alice)
  t.same((await infoOf(alice)).factors, { next: [], alreadySetup: ['otp-phone'], allowedToSetup: ['strong', 'word'] })
  await passBy(alice, 'strong')

  const next = await signIn(app, alice)
  const { factors, phoneNumbers } = await infoOf(next)
  t.same(factors, { next: ['strong', 'otp-phone'], alreadySetup: ['strong', 'otp-phone'], allowedToSetup: [] })
  t.same(phoneNumbers, { 'otp-phone': [alice.phoneNumber] })
  await passSecondFactor(app, next)
  t.same((await infoOf(next)).factors, { next: [], alreadySetup: ['strong', 'otp-phone'], allowedToSetup: [] }, 'the weaker one lets in, and adds nothing')
  await passBy(next, 'strong')
  t.same((await infoOf(next)).factors.allowedToSetup, ['word'])
  clock.pass(301)
  t.same((await infoOf(next)).factors.allowedToSetup, [], 'five minutes later')
})

t.test('nobody without a session learns what is enrolled', async (t) => {
  const app = await build(t)
  const response = await app.inject({ method: 'PUT', url: '/auth/mfa/info' })
  t.equal(response.statusCode, 401)
  t.same(Object.keys(response.json()), ['message'])
})

t.test('the token says which factors passed and when: st-mfa for stock frontends, amr (RFC 8176) and acr (RFC 9470) for others', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const now = Math.floor(Date.now() / 1000)
  t.match(payloadOf(alice.session), { 'st-mfa': { c: { emailpassword: now }, v: false }, amr: ['pwd'], acr: undefined })
  clock.pass(60)
  await passSecondFactor(app, alice)
  t.match(payloadOf(alice.session), { 'st-mfa': { c: { emailpassword: now, 'otp-phone': now + 60 }, v: true }, amr: ['pwd', 'otp', 'sms', 'mfa'], acr: 'urn:fastify-2fa:sms' })
  clock.pass(60)
  await passBy(alice, 'strong')
  t.match(payloadOf(alice.session), { 'st-mfa': { c: { 'otp-phone': now + 60, strong: now + 120 } }, acr: 'urn:fastify-2fa:strong' })
  await passSecondFactor(app, alice)
  t.equal(payloadOf(alice.session).acr, 'urn:fastify-2fa:strong', 'the strongest that has passed')
  const refreshed = await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  t.equal(refreshed.statusCode, 200)
  t.match(payloadOf(alice.session), { 'st-mfa': { v: true }, acr: 'urn:fastify-2fa:strong' })
})

t.test('an app that puts a passed factor into a new session\'s payload opens nothing with it', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const user = await getUser(alice.userId)
  const forged = { 'st-mfa': { c: { strong: Math.floor(Date.now() / 1000) }, v: true }, amr: ['hwk'], acr: 'urn:fastify-2fa:strong', own: 1 }
  const session = await Session.createNewSessionWithoutRequestResponse('public', user!.loginMethods[0]!.recipeUserId, forged)
  const { 'st-mfa': claim, amr, acr, own } = session.getAccessTokenPayload() as Record<string, unknown>
  t.match(claim, { c: { emailpassword: Number }, v: false })
  t.notMatch(claim, { c: { strong: Number } })
  t.same({ amr, acr, own }, { amr: ['pwd'], acr: undefined, own: 1 })
})
