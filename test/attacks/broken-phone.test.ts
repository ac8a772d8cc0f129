import t from 'tap'
import supertokens from 'supertokens-node'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { isRefused } from '../refused.js'

t.test('metadata that points to nobody, or to somebody without a phone, is not "not enrolled"', async (t) => {
  const app = await build(t)
  const other = await signUp(app)
  for (const passwordlessUserId of ['00000000-0000-4000-8000-000000000000', other.userId, 42, {}, '']) {
    const alice = await signUp(app)
    const challenge = await requestCode(app, alice)
    await UserMetadata.updateUserMetadata(alice.userId, { passwordlessUserId })
    const attempts = [
      ['/auth/signinup/code', { phoneNumber: newPhoneNumber() }],
      ['/auth/signinup/code/resend', challenge],
      ['/auth/signinup/code/consume', challenge]
    ] as const
    for (const [url, payload] of attempts) {
      const response = await alice.session.inject({ method: 'POST', url, payload })
      isRefused(t, response, 'AUTH_PHONE_BROKEN', `${JSON.stringify(passwordlessUserId)} ${url}`)
    }
    const again = await signIn(app, alice)
    t.equal((await again.session.inject('/me')).statusCode, 403)
  }
})

t.test('a phone user that is deleted takes nobody else in', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId)
  await supertokens.deleteUser(metadata.passwordlessUserId)
  const thief = await signIn(app, alice)
  const response = await thief.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  isRefused(t, response, 'AUTH_PHONE_BROKEN')
})

t.test('a phone user that is exchanged between sending and spending opens nothing', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const again = await signIn(app, alice)
  const challenge = await requestCode(app, again)
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId)
  // The operator gives the phone user another number, and the old number to nobody: spending the code would make a new user of it.
  await Passwordless.updateUser({ recipeUserId: supertokens.convertToRecipeUserId(metadata.passwordlessUserId), phoneNumber: newPhoneNumber() })
  const response = await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  isRefused(t, response, 'AUTH_PHONE_MISMATCH')
  t.equal((await again.session.inject('/me')).statusCode, 403)
})

t.test('nobody gets a session for a phone alone, whichever way it is made', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId)
  await t.rejects(
    Session.createNewSessionWithoutRequestResponse('public', supertokens.convertToRecipeUserId(metadata.passwordlessUserId)),
    { code: 'AUTH_FIRST_FACTOR_REQUIRED' }
  )
})

t.test('a payload of the app\'s own cannot say that the second factor has passed', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const session = await Session.createNewSessionWithoutRequestResponse('public', supertokens.convertToRecipeUserId(alice.userId), {
    '2fa-completed': { v: true, t: Date.now() }, phoneNumber: newPhoneNumber()
  })
  const { accessToken } = session.getAllSessionTokensDangerously()
  const client = createTestSession(app, 'header')
  client.tokens.set('st-access-token', accessToken)
  t.equal((await client.inject('/me')).statusCode, 403)
  t.equal(session.getAccessTokenPayload().phoneNumber, undefined)
})

t.test('calls of the host\'s own to the recipe flip no claim and enrol nothing', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const code = await Passwordless.createCode({ phoneNumber: alice.phoneNumber, tenantId: 'public' })
  const { deviceId, preAuthSessionId, userInputCode } = code
  const result = await Passwordless.consumeCode({ deviceId, preAuthSessionId, userInputCode, tenantId: 'public' })
  t.equal(result.status, 'OK')
  t.equal((await alice.session.inject('/me')).statusCode, 403)
  t.same((await UserMetadata.getUserMetadata(alice.userId)).metadata, {})
  await passSecondFactor(app, alice)
})
