import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import t from 'tap'
import { passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../../src/testing/index.js'
import { payloadOf } from '../../attacks/suite/clients.js'
import { build } from '../../helper.js'
import { BUILT_IN } from '../../../src/language/languages.js'
import { fill } from '../../../src/language/templates.js'
import { stopClock } from '../../limits/clock.js'
import { isRefused } from '../../refused.js'
import { recordAudit } from '../../audit/record.js'

const clock = stopClock()
const options = { secondFactors: ['email' as const], passwordReset: false }

const CODE = '/auth/signinup/code'
const post = async ({ session }: SignedInUser, url: string, payload: object = {}, headers = {}) => await session.inject({ method: 'POST', url, payload, headers })
const isIn = async ({ session }: SignedInUser): Promise<boolean> => (await session.inject('/me')).statusCode === 200
const recordOf = async ({ userId }: SignedInUser): Promise<unknown> => ((await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>)['fastify-2fa:email']
const maskOf = ({ email }: SignedInUser): string => email.replace(/^(.)[^@]*/, '$1•••')

t.test('the code in a mail to the account\'s own address finishes the session, and pins the address', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const asked = await post(alice, CODE, { email: alice.email })
  const { deviceId, preAuthSessionId, ...rest } = asked.json<Record<string, string>>()
  t.same(rest, { status: 'OK', flowType: 'USER_INPUT_CODE' })
  const { channel, to, code, link, body } = app.twoFactor.outbox.last()!
  t.same({ channel, to, link }, { channel: 'mail', to: alice.email, link: undefined })
  t.match(code, /^\d{6}$/)
  t.match(body, `Your code for fastify-2fa is ${code}. It works for 5 min.`)
  t.notOk(await isIn(alice))

  const consumed = await post(alice, `${CODE}/consume`, { deviceId, preAuthSessionId, userInputCode: code })
  t.match(consumed.json(), { status: 'OK', user: { id: alice.userId } })
  t.ok(await isIn(alice))
  t.equal(await recordOf(alice), alice.email)
  t.match(payloadOf(alice.session), { '2fa-completed': { v: true }, 'st-mfa': { c: { 'otp-email': Number }, v: true }, amr: ['pwd', 'otp', 'mfa'], acr: 'urn:fastify-2fa:email' })

  const again = await signIn(app, alice)
  t.notOk(await isIn(again))
  await passSecondFactor(app, again)
  t.ok(await isIn(again))
})

t.test('a code is asked for by no name, by the address in another spelling, or by its mask', async (t) => {
  const app = await build(t, options)
  const alice = await signInWithSecondFactor(app)
  const fresh = await signUp(app)
  for (const user of [await signIn(app, alice), fresh]) {
    for (const payload of [{}, { email: null }, { email: `  ${user.email.toUpperCase()} ` }, { email: maskOf(user) }]) {
      t.equal((await post(user, CODE, payload)).json().status, 'OK', JSON.stringify(payload))
      t.equal(app.twoFactor.outbox.last()!.to, user.email)
    }
  }
})

t.test('a thief with the password has no code sent to another address: neither before nor after the first one', async (t) => {
  const app = await build(t, options)
  const enrolled = await signInWithSecondFactor(app)
  for (const user of [await signIn(app, enrolled), await signUp(app)]) {
    const before = app.twoFactor.outbox.last()
    for (const email of ['mallory@example.com', 'm•••@example.com', 'mallory+x@evil.example']) {
      isRefused(t, await post(user, CODE, { email }), 'AUTH_EMAIL_MISMATCH', email)
    }
    for (const email of ['', 'no address', 'a@b@c', '<a@example.com>', 'a@example.com,b@example.com', '"a b"@example.com']) {
      const { status, reason } = (await post(user, CODE, { email })).json<{ status: string, reason: string }>()
      t.same({ status, reason }, { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Email is invalid' }, email)
    }
    t.same(app.twoFactor.outbox.last(), before, 'nothing is sent')
    t.notOk(await isIn(user))
  }
})

t.test('naming wrong addresses counts as wrong codes do', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  for (let i = 0; i < 5; i++) isRefused(t, await post(alice, CODE, { email: `x${i}@example.com` }), 'AUTH_EMAIL_MISMATCH')
  isRefused(t, await post(alice, CODE, { email: alice.email }), 'AUTH_LIMIT_REACHED')
})

t.test('a number is refused where there is no SMS', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const before = app.twoFactor.outbox.last()
  isRefused(t, await post(alice, CODE, { phoneNumber: alice.phoneNumber }), 'AUTH_BODY_INVALID')
  isRefused(t, await post(alice, CODE, { phoneNumber: alice.phoneNumber, email: alice.email }), 'AUTH_BODY_INVALID')
  t.same(app.twoFactor.outbox.last(), before)
})

t.test('a code can be sent again; the older one is dead then, and the new one works once', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const first = await requestCode(app, alice)
  t.same((await post(alice, `${CODE}/resend`, first)).json(), { status: 'OK' })
  const userInputCode = app.twoFactor.outbox.last(alice.email)!.code!
  t.match((await post(alice, `${CODE}/consume`, first)).json(), { status: 'INCORRECT_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: 1 })
  t.equal((await post(alice, `${CODE}/consume`, { ...first, userInputCode })).json().status, 'OK')
  t.same((await post(alice, `${CODE}/consume`, { ...first, userInputCode })).json(), { status: 'RESTART_FLOW_ERROR' })
})

t.test('a code works for five minutes', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  clock.pass(301)
  t.match((await post(alice, `${CODE}/consume`, challenge)).json(), { status: 'EXPIRED_USER_INPUT_CODE_ERROR' })
  t.notOk(await isIn(alice))
})

t.test('links are refused where the mail has none', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { preAuthSessionId } = await requestCode(app, alice)
  isRefused(t, await post(alice, `${CODE}/consume`, { linkCode: 'x', preAuthSessionId }), 'AUTH_LINK_CODE_REFUSED')
})

t.test('an enrolment that is no address keeps everybody out', async (t) => {
  const app = await build(t, options)
  for (const value of [true, '', 'alice', ['a@example.com'], 'a•••@example.com']) {
    const alice = await signInWithSecondFactor(app)
    await UserMetadata.updateUserMetadata(alice.userId, { 'fastify-2fa:email': value } as never)
    const thief = await signIn(app, alice)
    isRefused(t, await post(thief, CODE, { email: alice.email }), 'AUTH_FACTOR_BROKEN', JSON.stringify(value))
    t.notOk(await isIn(thief))
  }
})

t.test('enrolling ends the sessions of whoever is in already', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const thief = await signIn(app, alice)
  const early = await requestCode(app, thief)
  await passSecondFactor(app, alice)
  t.equal((await post(thief, `${CODE}/consume`, early)).statusCode, 401)
})

t.test('what happens is audited, with a mask of the address and without the code', async (t) => {
  const app = await build(t, options)
  const seen = recordAudit(t)
  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  await post(alice, `${CODE}/consume`, challenge)
  const who = { factor: 'email', userId: alice.userId, email: maskOf(alice) }
  t.match(seen.slice(1), [{ type: 'code.sent', ...who }, { type: 'second-factor.enrolled', ...who }, { type: 'second-factor.passed', ...who }])
  for (const secret of [alice.email, challenge.userInputCode, challenge.deviceId]) t.notMatch(JSON.stringify(seen), secret)
})

t.test('stock pages are told where codes go, masked', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const info = async (user: SignedInUser) => (await user.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json<object>()
  const emails = { 'otp-email': [maskOf(alice)] }
  t.same(await info(alice), { status: 'OK', factors: { next: ['otp-email'], alreadySetup: [], allowedToSetup: ['otp-email'] }, emails, phoneNumbers: {} })
  await passSecondFactor(app, alice)
  t.same(await info(await signIn(app, alice)), { status: 'OK', factors: { next: ['otp-email'], alreadySetup: ['otp-email'], allowedToSetup: [] }, emails, phoneNumbers: {} })
})

t.test('the mail is in the person\'s language, and its subject has no code', async (t) => {
  const sent: Array<{ subject: string, language?: string }> = []
  const app = await build(t, { ...options, mail: { name: 'list', send: async (mail) => { sent.push(mail) } } })
  for (const language of Object.keys(BUILT_IN)) {
    const alice = await signUp(app)
    t.equal((await post(alice, CODE, {}, { 'accept-language': language })).json().status, 'OK')
    const { subject, code, body, ...mail } = sent.at(-1) as { subject: string, code: string, body: string, language?: string }
    t.equal(mail.language, language)
    const text = 'Your code for {appName} is {code}. It works for {minutes} min. Enter it only where you have just signed in, and never tell it to anyone.\n\nIf you did not sign in, somebody knows your password: choose a new one.'
    t.equal(body, fill(BUILT_IN[language]![text] ?? text, { appName: 'fastify-2fa', code, minutes: 5 }))
    t.notMatch(subject, code)
  }
})

t.test('a mail that could not be sent leaves no code', async (t) => {
  const app = await build(t, { ...options, mail: { name: 'down', send: async () => { throw new Error('down') } } })
  const alice = await signUp(app)
  const { status, message } = (await post(alice, CODE)).json<{ status: string, message: string }>()
  t.same({ status, message }, { status: 'SIGN_IN_UP_NOT_ALLOWED', message: 'The code could not be sent. Please try again in a moment.' })
})
