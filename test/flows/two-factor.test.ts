import t from 'tap'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`sign-up, code, protected route, with a ${transferMethod} session`, async (t) => {
    const app = await build(t)
    const user = await signUp(app, { transferMethod })
    const { session, phoneNumber, userId } = user

    const before = await session.inject('/sessioninfo')
    t.equal(before.statusCode, 403, 'the first factor alone opens nothing')
    t.same(before.json().claimValidationErrors, [
      { id: '2fa-completed', reason: { message: 'wrong value', expectedValue: true, actualValue: false } }
    ])

    await passSecondFactor(app, user)
    const after = await session.inject('/sessioninfo')
    t.equal(after.statusCode, 200)
    t.match(after.json(), { userId, sessionHandle: /^[0-9a-f-]{36}$/, accessTokenPayload: { '2fa-completed': { v: true }, phoneNumber, sub: userId } })
    t.equal((await session.inject('/me')).json().userId, userId)
    if (transferMethod === 'cookie') t.equal(session.tokens.has('st-access-token'), false, 'a cookie session stays a cookie session')
    else t.equal(session.cookies.size, 0, 'a header session sets no cookies')
  })

  t.test(`the session is kept when the second factor passes, with a ${transferMethod} session`, async (t) => {
    const app = await build(t)
    const user = await signUp(app, { transferMethod })
    const handle = async () => (await user.session.inject('/examples/session')).json()
    t.same(await handle(), { userId: user.userId, secondFactor: false })
    await passSecondFactor(app, user)
    t.same(await handle(), { userId: user.userId, secondFactor: true })
  })
}

t.test('a returning user is told the pinned number and gets the code there', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const again = await signIn(app, user)
  const frontToken = JSON.parse(Buffer.from(String(again.session.tokens.get('front-token')), 'base64').toString())
  t.equal(frontToken.up.phoneNumber, user.phoneNumber)
  t.equal((await again.session.inject('/me')).statusCode, 403, 'a new session starts without the second factor')
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/me')).statusCode, 200)
})

t.test('the claim survives a refresh, and a session without it gets it by no refresh', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const refresh = () => user.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  t.equal((await refresh()).statusCode, 200)
  t.equal((await user.session.inject('/me')).statusCode, 403)
  await passSecondFactor(app, user)
  t.equal((await refresh()).statusCode, 200)
  t.equal((await user.session.inject('/me')).statusCode, 200)
})

t.test('no session is 401, after signing out too', async (t) => {
  const app = await build(t)
  t.equal((await app.inject('/me')).statusCode, 401)
  t.same((await app.inject('/me')).json(), { message: 'unauthorised' })
  const { session } = await signInWithSecondFactor(app)
  t.same((await session.inject({ method: 'POST', url: '/auth/signout' })).json(), { status: 'OK' })
  t.equal((await session.inject('/me')).statusCode, 401)
})

t.test('a code can be sent again; the older one is dead then, and the new one works once', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const { deviceId, preAuthSessionId, userInputCode: older } = await requestCode(app, user)
  app.twoFactor.outbox.clear()
  const resent = await user.session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: { deviceId, preAuthSessionId } })
  t.match(resent.json(), { status: 'OK' })
  const userInputCode = app.twoFactor.outbox.last(user.phoneNumber)?.code
  t.match(userInputCode, /^\d{6}$/)
  const consume = (userInputCode: string | undefined) => user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode } })
  t.equal((await consume(older)).json().status, 'INCORRECT_USER_INPUT_CODE_ERROR')
  t.equal((await consume(userInputCode)).json().status, 'OK')
  t.equal((await consume(userInputCode)).json().status, 'RESTART_FLOW_ERROR', 'a used code is used')
})

t.test('a wrong code is counted and the fifth one ends the challenge', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  const wrong = challenge.userInputCode === '000000' ? '000001' : '000000'
  const statuses = []
  for (let i = 0; i < 5; i++) {
    const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode: wrong } })
    statuses.push(response.json().status)
  }
  t.same(statuses, [...Array(4).fill('INCORRECT_USER_INPUT_CODE_ERROR'), 'RESTART_FLOW_ERROR'])
  t.equal((await user.session.inject('/me')).statusCode, 403)
})

t.test('the number may be typed as people type it', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const phoneNumber = newPhoneNumber()
  const typed = phoneNumber.replace(/^\+1(\d{3})(\d{3})/, '+1 ($1) $2-')
  const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: typed } })
  t.match(response.json(), { status: 'OK', flowType: 'USER_INPUT_CODE' })
  t.match(app.twoFactor.outbox.last(phoneNumber), { channel: 'sms', to: phoneNumber, code: /^\d{6}$/ })
})

t.test('a number that is none is named, and nothing is sent', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: '12' } })
  t.match(response.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Phone number is invalid' })
  t.same(app.twoFactor.outbox.entries(), [])
})

t.test('routes opt out, are optional, or ask for a fresh second factor', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  t.equal((await user.session.inject('/examples/session')).statusCode, 200)
  t.equal((await user.session.inject('/examples/second-factor')).statusCode, 403)
  t.same((await app.inject('/examples/optional-session')).json(), { userId: null })
  t.same((await user.session.inject('/examples/optional-session')).json(), { userId: user.userId })
  await passSecondFactor(app, user)
  t.equal((await user.session.inject('/examples/fresh-second-factor')).statusCode, 200)
  t.same((await user.session.inject('/examples/session-data')).json(), { visits: 1 })
  t.same((await user.session.inject('/examples/session-data')).json(), { visits: 2 })
})

t.test('a code works for five minutes, although the Core would take it for fifteen', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  const consume = async (userInputCode: string | undefined) => (await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode } })).json()
  const wrong = challenge.userInputCode === '000000' ? '000001' : '000000'
  t.match(await consume(wrong), { status: 'INCORRECT_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: 1 })
  const realNow = Date.now
  t.teardown(() => { Date.now = realNow })
  Date.now = () => realNow() + 301_000
  const expired = { status: 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: 1, maximumCodeInputAttempts: 5 }
  t.same(await consume(challenge.userInputCode), expired)
  t.same(await consume(wrong), expired, 'nobody learns whether it was right, and it is no try')

  const { deviceId, preAuthSessionId } = challenge
  const resent = await user.session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: { deviceId, preAuthSessionId } })
  t.equal(resent.json().status, 'OK', 'the same challenge goes on')
  const { code } = app.twoFactor.outbox.last(user.phoneNumber) ?? {}
  if (code !== challenge.userInputCode) t.match(await consume(challenge.userInputCode), { status: 'INCORRECT_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: 2 }, 'the old code is gone')
  t.equal((await consume(code)).status, 'OK')
  Date.now = () => realNow() + 700_000
  t.same(await consume(code), { status: 'RESTART_FLOW_ERROR' }, 'one that is spent is over')
})

t.test('the text fits one segment and binds the code to the site', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const { userInputCode } = await requestCode(app, user)
  const { body = '' } = app.twoFactor.outbox.last(user.phoneNumber) ?? {}
  t.equal(body, `fastify-2fa: ${userInputCode} is your code. It works for 5 min. Never share it.\n\n@localhost #${userInputCode}`)
  t.ok(body.length <= 160)
})

t.test('a second factor that is too old is asked for afresh, and nothing else is lost meanwhile', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const realNow = Date.now
  t.teardown(() => { Date.now = realNow })
  Date.now = () => realNow() + 301_000
  const stale = await user.session.inject('/examples/fresh-second-factor')
  t.equal(stale.statusCode, 403)
  t.match(stale.json().claimValidationErrors, [{ id: '2fa-completed', reason: { message: 'expired', maxAgeInSeconds: 300, ageInSeconds: 301 } }])
  t.equal((await user.session.inject('/examples/second-factor')).statusCode, 200, 'other routes stay open')
  await passSecondFactor(app, user)
  t.equal((await user.session.inject('/examples/fresh-second-factor')).statusCode, 200)
})

t.test('a phone that is pinned in an earlier form of its number is still the same phone', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const phone = await Passwordless.signInUp({ phoneNumber: '+5215512345678', tenantId: 'public' })
  await UserMetadata.updateUserMetadata(user.userId, { passwordlessUserId: phone.user.id })
  for (const phoneNumber of ['+52 55 1234 5678', '+52 1 55 1234 5678', '\u202a+525512345678']) {
    const again = await signIn(app, user)
    const asked = await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber } })
    t.equal(asked.json().status, 'OK', phoneNumber)
    t.equal(app.twoFactor.outbox.last()?.to, '+5215512345678', 'the code goes to the number as it is stored')
    const consumed = await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...asked.json<object>(), userInputCode: app.twoFactor.outbox.last()?.code } })
    t.equal(consumed.json().status, 'OK')
    t.equal((await again.session.inject('/me')).statusCode, 200)
  }
  const thief = await signIn(app, user)
  t.equal((await thief.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: '+52 55 1234 5679' } })).json().code, 'AUTH_PHONE_MISMATCH')
})
