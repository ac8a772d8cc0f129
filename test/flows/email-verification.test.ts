import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import supertokens from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as EmailVerification from 'supertokens-node/recipe/emailverification'
import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signUp, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { callsOf, interleave } from '../attacks/suite/hold-call.js'
import { build } from '../helper.js'
import { startScriptedProvider } from './social-login/scripted.js'

const FIRST = 'http://localhost:3001'
const SECOND = 'https://app.example.com'

const provider = await startScriptedProvider(t)
const options: ServiceOptions = {
  emailVerification: 'required',
  appInfo: { websiteDomains: [FIRST, SECOND] },
  thirdPartyProviders: [{ config: { thirdPartyId: 'scripted', oidcDiscoveryEndpoint: provider.discoveryEndpoint, clients: [{ clientId: 'service', clientSecret: 'secret' }] } }]
}

const NOT_VERIFIED = { id: 'st-ev', reason: { message: 'wrong value', expectedValue: true, actualValue: false } }

const send = (session: TestSession, headers = {}) => session.inject({ method: 'POST', url: '/auth/user/email/verify/token', headers })
const state = async (session: TestSession) => (await session.inject('/auth/user/email/verify')).json()
const verify = (from: Pick<TestSession, 'inject'>, payload: object) => from.inject({ method: 'POST', url: '/auth/user/email/verify', payload })
const stranger = (app: FastifyInstance) => createTestSession(app)

/** Asks for the mail and opens the link as far as its token. */
async function tokenFor (app: FastifyInstance, { session, email }: Pick<SignedInUser, 'session' | 'email'>): Promise<string> {
  const response = await send(session)
  if (response.json().status !== 'OK') throw new Error(response.body)
  return String(new URL(String(app.twoFactor.outbox.last(email)?.link)).searchParams.get('token'))
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`the address first, then the code, with a ${transferMethod} session`, async (t) => {
    const app = await build(t, options)
    const user = await signUp(app, { transferMethod })
    const code = () => user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } })

    const early = await code()
    t.equal(early.statusCode, 403, 'no phone before the address is verified')
    t.match(early.json(), { message: 'invalid claim', claimValidationErrors: [NOT_VERIFIED] })
    t.equal(app.twoFactor.outbox.last(user.phoneNumber), undefined, 'and no code is sent')
    t.match((await user.session.inject('/me')).json().claimValidationErrors.map(({ id }: { id: string }) => id).sort(), ['2fa-completed', 'st-ev'])
    t.same(await state(user.session), { status: 'OK', isVerified: false })

    t.same((await send(user.session)).json(), { status: 'OK' })
    const mail = app.twoFactor.outbox.last(user.email)
    t.match(mail, { channel: 'mail', to: user.email, body: /Please confirm/ })
    const link = new URL(String(mail?.link))
    t.equal(link.origin + link.pathname, 'http://localhost:3001/auth/verify-email')
    t.equal(link.searchParams.get('tenantId'), 'public')
    t.ok(mail?.body.includes(String(mail.link)))

    const payload = { method: 'token', token: link.searchParams.get('token') }
    t.same((await verify(user.session, payload)).json(), { status: 'OK' })
    t.same(await state(user.session), { status: 'OK', isVerified: true })

    t.equal((await user.session.inject('/me')).statusCode, 403, 'a verified address is no second factor')
    await passSecondFactor(app, user)
    t.match((await user.session.inject('/me')).json(), { userId: user.userId, phoneNumber: user.phoneNumber })

    const again = await signIn(app, { ...user, transferMethod })
    await passSecondFactor(app, again)
    t.equal((await again.session.inject('/me')).statusCode, 200, 'it stays verified')
  })
}

t.test('resend and consume are closed too until the address is verified', async (t) => {
  const app = await build(t, options)
  const mallory = await signUp(app)
  await verify(mallory.session, { token: await tokenFor(app, mallory) })
  const challenge = await requestCode(app, mallory)

  const alice = await signUp(app)
  for (const path of ['/auth/signinup/code/resend', '/auth/signinup/code/consume']) {
    const response = await alice.session.inject({ method: 'POST', url: path, payload: challenge })
    t.equal(response.statusCode, 403)
    t.match(response.json().claimValidationErrors, [NOT_VERIFIED])
  }
})

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`the link may be opened in another browser that has a ${transferMethod} session of the account`, async (t) => {
    const app = await build(t, options)
    const user = await signUp(app, { transferMethod })
    const token = await tokenFor(app, user)
    const elsewhere = createTestSession(app, transferMethod)
    const early = await verify(elsewhere, { token })
    t.match({ statusCode: early.statusCode, ...early.json() }, { statusCode: 200, status: 'GENERAL_ERROR', message: /sign in .* open the link again/ }, 'the page says what to do')
    t.equal(elsewhere.cookies.size + elsewhere.tokens.size, 0, 'and nobody is signed in there')

    const again = await signIn(app, { ...user, transferMethod })
    t.same((await verify(again.session, { token })).json(), { status: 'OK' }, 'nothing was used up')
    await passSecondFactor(app, again)
    t.equal((await again.session.inject('/me')).statusCode, 200)
    t.equal((await send(user.session)).statusCode, 401, 'the other sessions have ended')
    t.equal((await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401)
  })
}

t.test('the mail can be sent again, and the first link that is opened counts', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const first = await tokenFor(app, user)
  const second = await tokenFor(app, user)
  t.equal(app.twoFactor.outbox.entries().filter(({ to }) => to === user.email).length, 2)
  t.not(first, second)
  t.same((await verify(user.session, { token: first })).json(), { status: 'OK' })
  for (const token of [first, second]) {
    t.same((await verify(user.session, { token })).json(), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }, 'a used link is used, and so are its siblings')
  }
  app.twoFactor.outbox.clear()
  t.same((await send(user.session)).json(), { status: 'EMAIL_ALREADY_VERIFIED_ERROR' })
  t.same(app.twoFactor.outbox.entries(), [], 'a verified address gets no more mail')
})

t.test('a link opened in a session of another account, of an ended one or for an old address verifies nothing', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const mallory = await signUp(app)
  const token = await tokenFor(app, alice)
  t.match((await verify(mallory.session, { token })).json(), { status: 'GENERAL_ERROR', message: /another account/ })
  for (const { session } of [mallory, alice]) t.same(await state(session), { status: 'OK', isVerified: false })
  const [own] = (await tokenFor(app, mallory)).split('.')
  t.match((await verify(mallory.session, { token: token.replace(/^[^.]+/, String(own)) })).json(), { status: 'GENERAL_ERROR' }, 'two halves are no link')

  const ended = await signIn(app, alice)
  const thief = ended.session.copy()
  await ended.session.inject({ method: 'POST', url: '/auth/signout' })
  t.match((await verify(thief, { token })).json(), { status: 'GENERAL_ERROR', message: /sign in/ })

  const email = `${randomUUID()}@example.com`
  await EmailPassword.updateEmailOrPassword({ recipeUserId: supertokens.convertToRecipeUserId(alice.userId), email })
  t.match((await verify(alice.session, { token })).json(), { status: 'GENERAL_ERROR', message: /address has changed/ })
  const fresh = await tokenFor(app, { ...alice, email })
  t.same((await verify(alice.session, { token: fresh })).json(), { status: 'OK' })
})

t.test('a host that verifies by the function decides itself who may', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const token = await tokenFor(app, user)
  t.match(await EmailVerification.verifyEmailUsingToken('public', token), { status: 'OK', user: { email: user.email } })
  t.match(await EmailVerification.verifyEmailUsingToken('public', token), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' })
})

t.test('links lead to the website that asked, if it is one of ours', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  for (const [origin, website] of [[FIRST, FIRST], [SECOND, SECOND], ['https://evil.example.com', FIRST], ['null', FIRST]] as const) {
    t.same((await send(user.session, { origin })).json(), { status: 'OK' })
    t.equal(new URL(String(app.twoFactor.outbox.last(user.email)?.link)).origin, website, origin)
  }
})

t.test('wrong tokens and no sessions', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  for (const token of ['', 'wrong', 'x'.repeat(512), '../../']) {
    const response = await verify(user.session, { method: 'token', token })
    t.equal(response.statusCode, 200)
    t.same(response.json(), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' })
  }
  for (const payload of [{}, { token: null }, { token: 7 }, { token: ['x'] }, { token: 'x'.repeat(10_000) }]) {
    t.match((await verify(user.session, payload)).json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ }, JSON.stringify(payload).slice(0, 40))
  }
  t.same(await state(user.session), { status: 'OK', isVerified: false })

  t.equal((await send(stranger(app))).statusCode, 401)
  t.equal((await stranger(app).inject('/auth/user/email/verify')).statusCode, 401)
  t.same(app.twoFactor.outbox.entries(), [])
})

t.test('a password reset verifies the address that the link went to', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: user.email }] } })
  const token = new URL(String(app.twoFactor.outbox.last(user.email)?.link)).searchParams.get('token')
  const password = 'correct horse 2'
  t.same((await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [{ id: 'password', value: password }] } })).json(), { status: 'OK' })
  const again = await signIn(app, { ...user, password })
  t.same(await state(again.session), { status: 'OK', isVerified: true })
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/me')).statusCode, 200)
  // The one who signed up may have been a stranger. Without a verified address, no phone of theirs could be enrolled.
  t.equal((await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401)
  t.equal((await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })).statusCode, 401)
})

t.test('social login: an address that the provider has verified is, another is not', async (t) => {
  const app = await build(t, options)
  const redirectURIInfo = { redirectURIOnProviderDashboard: 'http://localhost:3001/callback', redirectURIQueryParams: { code: 'x' } }

  async function socialLogin (sub: string, verified: boolean | undefined): Promise<SignedInUser> {
    const email = `${sub}@example.com`
    provider.answers({ userinfo: { body: { sub, email, email_verified: verified } } })
    const session = createTestSession(app)
    const response = await session.inject({ method: 'POST', url: '/auth/signinup', payload: { thirdPartyId: 'scripted', redirectURIInfo } })
    return { session, email, userId: response.json().user.id, password: '', phoneNumber: newPhoneNumber() }
  }

  const verified = await socialLogin(randomUUID(), true)
  await passSecondFactor(app, verified)
  t.equal((await verified.session.inject('/me')).statusCode, 200)

  for (const claim of [false, undefined]) {
    const user = await socialLogin(randomUUID(), claim)
    const early = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } })
    t.match({ statusCode: early.statusCode, ...early.json() }, { statusCode: 403, claimValidationErrors: [NOT_VERIFIED] })
    await verify(user.session, { token: await tokenFor(app, user) })
    await passSecondFactor(app, user)
    t.equal((await user.session.inject('/me')).statusCode, 200)
  }
})

t.test('a social login that is under way while all sessions of its user end gets none', async (t) => {
  const app = await build(t, options)
  const sub = randomUUID()
  provider.answers({ userinfo: { body: { sub, email: `${sub}@example.com`, email_verified: true } } })
  const redirectURIInfo = { redirectURIOnProviderDashboard: 'http://localhost:3001/callback', redirectURIQueryParams: { code: 'x' } }
  const login = async () =>
    (await createTestSession(app).inject({ method: 'POST', url: '/auth/signinup', payload: { thirdPartyId: 'scripted', redirectURIInfo } })).json()
  const { user: { id } } = await login()
  const steps = await callsOf(login)
  const proven = steps.lastIndexOf('POST /public/recipe/signinup') + 2
  for (const [index, step] of steps.entries()) {
    if (index < proven || index === steps.length - 1) continue
    const response = await interleave(login, index, () => Session.revokeAllSessionsForUser(id))
    t.match(response, { status: 'GENERAL_ERROR', message: /sign in again/ }, step)
    t.same(await Session.getAllSessionHandlesForUser(id), [], step)
  }
  t.equal((await login()).status, 'OK')
})
