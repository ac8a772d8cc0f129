import { randomUUID } from 'node:crypto'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../../src/testing/index.js'
import { build } from '../../helper.js'
import { isRefused } from '../../refused.js'

// Resetting goes by SMS here, so that the mailbox is no first factor.
const options = { firstFactor: 'phone-password' as const, secondFactors: ['sms' as const, 'email' as const], passwordReset: true }
const CODE = '/auth/signinup/code'

const post = async ({ session }: SignedInUser, url: string, payload: object = {}) => await session.inject({ method: 'POST', url, payload })
const isIn = async ({ session }: SignedInUser): Promise<boolean> => (await session.inject('/me')).statusCode === 200
const newAddress = (): string => `${randomUUID()}@example.com`

async function answerFor (app: FastifyInstance, user: SignedInUser, email: string, named = email) {
  const { deviceId, preAuthSessionId } = (await post(user, CODE, { email: named })).json<Record<string, string>>()
  return { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(email)!.code }
}

t.test('an address is enrolled by its first right code, once the phone has vouched for it, and is pinned then', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const email = newAddress()
  const before = app.twoFactor.outbox.last()
  isRefused(t, await post(alice, CODE, { email }), 'AUTH_ENROLMENT_REFUSED', 'the phone comes first')
  t.same(app.twoFactor.outbox.last(), before)

  await passSecondFactor(app, alice)
  t.equal((await post(alice, `${CODE}/consume`, await answerFor(app, alice, email))).json().status, 'OK')
  t.equal(((await UserMetadata.getUserMetadata(alice.userId)).metadata as Record<string, unknown>)['fastify-2fa:email'], email)

  const again = await signIn(app, alice)
  isRefused(t, await post(again, CODE, { email: newAddress() }), 'AUTH_EMAIL_MISMATCH')
  isRefused(t, await post(again, CODE, { email: 'x•••@example.org' }), 'AUTH_EMAIL_MISMATCH')
  const mask = `${email.charAt(0)}•••@example.com`
  t.same((await again.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json().emails, { 'otp-email': [mask] }, 'who has the password learns a mask')
  const consumed = await post(again, `${CODE}/consume`, await answerFor(app, again, email, mask))
  t.equal(consumed.json().status, 'OK')
  t.notMatch(consumed.body, email, 'the answer is about who signed in')
  t.ok(await isIn(again))
})

t.test('the address that was asked for first enrols nothing once another one is pinned', async (t) => {
  const app = await build(t, options)
  const alice = await signInWithSecondFactor(app)
  const early = await answerFor(app, alice, newAddress())
  const copy = { ...alice, session: alice.session.copy() }
  t.equal((await post(alice, `${CODE}/consume`, await answerFor(app, alice, newAddress()))).json().status, 'OK')
  t.equal((await post(alice, `${CODE}/consume`, early)).json().status, 'RESTART_FLOW_ERROR')
  t.equal((await post(copy, `${CODE}/consume`, early)).statusCode, 401, 'a copy of the session is over')
})
