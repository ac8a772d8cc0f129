import { randomUUID } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { EmailVerification, UserMetadata, convertToRecipeUserId } from '../../src/supertokens/for-hosts.js'
import { advance, createTestSession, passSecondFactor, signIn, signInWithSecondFactor, signUp, resetClock, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { callsOf, interleave } from '../attacks/suite/hold-call.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'
import { isRefused } from '../refused.js'

const limits = { signIn: { refusalTime: 0 }, sends: false, mails: { perDay: 4, perTenMinutes: 4 } } as const
const build = (t: Test) => buildApp(t, { limits })

const newAddress = (): string => `${randomUUID()}@new.example`
const post = (session: TestSession, url: string, payload: object): Promise<LightMyRequestResponse> => session.inject({ method: 'POST', url: `/auth${url}`, payload })
const ask = (session: TestSession, email: string, more: object = {}) => post(session, '/account/email', { email, ...more })
const confirm = (session: TestSession, token: string) => post(session, '/account/email/confirm', { token })
const onPage = (session: TestSession, token: string) => post(session, '/user/email/verify', { method: 'token', token })

const tokenIn = (link: string | undefined): string => new URL(link!).searchParams.get('token')!
const tokenFor = (app: FastifyInstance, email: string): string => tokenIn(app.twoFactor.outbox.last(email)?.link)

async function tokenOf (app: FastifyInstance, { session }: SignedInUser, email: string): Promise<string> {
  const { status } = (await ask(session, email)).json<{ status: string }>()
  if (status !== 'OK') throw new Error(status)
  return tokenFor(app, email)
}

const press = (app: FastifyInstance, link: string | undefined) => app.inject({ method: 'POST', url: '/auth/account/contest', payload: { token: tokenIn(link) } })

async function signInStatus (app: FastifyInstance, email: string, password: string): Promise<string> {
  const formFields = [{ id: 'email', value: email }, { id: 'password', value: password }]
  const { status, code } = (await post(createTestSession(app), '/signin', { formFields })).json<{ status: string, code?: string }>()
  return code ?? status
}

const isAlive = async (session: TestSession): Promise<boolean> => (await post(session, '/session/refresh', {})).statusCode === 200

/** An account whose address has changed, and the notice at the old one. */
async function changed (app: FastifyInstance, user: SignedInUser, email = newAddress()): Promise<{ email: string, undo: string | undefined }> {
  const { status } = (await confirm(user.session, await tokenOf(app, user, email))).json<{ status: string }>()
  if (status !== 'OK') throw new Error(status)
  return { email, undo: app.twoFactor.outbox.last(user.email)?.link }
}

for (const [way, finish] of Object.entries({ 'our endpoint': confirm, 'the stock page that verifies addresses': onPage })) {
  for (const transferMethod of ['cookie', 'header'] as const) {
    t.test(`an address counts once a link that was mailed to it is opened: ${way}, ${transferMethod}`, async (t) => {
      const app = await build(t)
      const events = recordAudit(t)
      const user = await signInWithSecondFactor(app, { transferMethod })
      const elsewhere = await signIn(app, user)
      const email = newAddress()
      t.strictSame((await ask(user.session, ` ${email.toUpperCase()} `)).json(), { status: 'OK' })
      t.equal(await signInStatus(app, user.email, user.password), 'OK', 'until then, nothing has changed')
      t.equal(await signInStatus(app, email, user.password), 'WRONG_CREDENTIALS_ERROR')
      const mail = app.twoFactor.outbox.last(email.toUpperCase())
      t.match(mail?.link, /^http:\/\/localhost:3001\/auth\/verify-email\?token=email-change\.[\w-]{43}&tenantId=public$/)

      const token = tokenIn(mail?.link)
      t.match((await finish(user.session, token)).json(), { status: 'OK' })
      t.equal(await signInStatus(app, email, user.password), 'OK')
      t.equal(await signInStatus(app, user.email, user.password), 'WRONG_CREDENTIALS_ERROR')
      t.strictSame((await user.session.inject('/me')).json().emails, [email])
      t.ok(await isAlive(user.session), 'this session goes on')
      t.notOk(await isAlive(elsewhere.session), 'the others end')
      t.ok(await EmailVerification.isEmailVerified(convertToRecipeUserId(user.userId), email), 'whoever opened the link has the mailbox')

      const notice = app.twoFactor.outbox.last(user.email)
      t.match(notice, { body: /Your fastify-2fa account has another address now\..*It works for 72 hours/s, link: /^http:\/\/localhost:3000\/auth\/account\/contest\?token=/ })
      t.match(events.filter(({ type }) => type === 'email.changed'), [{ userId: user.userId, email: /•••@new\.example$/i }])
      t.notMatch(JSON.stringify(events), token)

      t.strictSame((await finish(user.session, token)).json(), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }, 'a link works once')
    })
  }
}

t.test('the second factor stays as it is', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const { email } = await changed(app, user)
  const again = await signIn(app, { ...user, email })
  t.equal((await again.session.inject('/me')).statusCode, 403)
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/me')).json().phoneNumber, user.phoneNumber)
})

t.test('Mallory has the password, or a session, and not the second factor', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const email = newAddress()
  const thief = await signIn(app, user)
  t.equal((await ask(thief.session, email, { password: user.password })).statusCode, 403)
  t.equal((await ask(createTestSession(app), email)).statusCode, 401)

  t.strictSame((await ask(user.session, email)).json(), { status: 'OK' })
  const token = tokenFor(app, email)
  t.equal((await confirm(thief.session, token)).statusCode, 403)
  t.match((await onPage(thief.session, token)).json(), { status: 'GENERAL_ERROR', message: /^Please sign in to your account in this browser, with your second factor/ }, 'the stock page says what is missing')
  t.match((await onPage(createTestSession(app), token)).json(), { status: 'GENERAL_ERROR' })

  await t.test('a session that was left open for more than five minutes does not change the address', async (t) => {
    advance('6m')
    t.teardown(resetClock)
    isRefused(t, await ask(user.session, newAddress()), 'AUTH_FRESH_FACTOR_NEEDED')
    isRefused(t, await ask(user.session, newAddress(), { password: user.password }), 'AUTH_FRESH_FACTOR_NEEDED', 'not with the password either')
  })
  const copy = user.session.copy()
  await post(user.session, '/signout', {})
  t.equal((await ask(copy, newAddress())).statusCode, 401)
  t.equal((await confirm(copy, token)).statusCode, 401)
  t.equal(await signInStatus(app, user.email, user.password), 'OK')
})

t.test('a password that is sent along has to be right, and counts as at the form', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const email = newAddress()
  for (let guess = 0; guess < 10; guess++) t.match((await ask(user.session, email, { password: `guess ${guess}` })).json(), { status: 'WRONG_CREDENTIALS_ERROR', message: 'This is not your password. Please try again.' })
  isRefused(t, await ask(user.session, email, { password: user.password }), 'AUTH_LIMIT_REACHED')
  t.equal(app.twoFactor.outbox.last(email), undefined)
})

t.test('nobody learns which addresses have accounts', async (t) => {
  const app = await build(t)
  const [mallory, alice] = [await signInWithSecondFactor(app), await signUp(app)]
  const [free, taken] = [newAddress(), alice.email]
  const answers = [await ask(mallory.session, free), await ask(mallory.session, taken)]
  t.strictSame(answers.map((answer) => answer.json()), [{ status: 'OK' }, { status: 'OK' }])
  t.strictSame(...answers.map(({ headers }) => Object.keys(headers).sort()) as [string[], string[]])

  const mail = app.twoFactor.outbox.last(alice.email)
  t.match(mail?.body, /^Somebody wants to use your address for another fastify-2fa account\. It stays with yours/)
  t.equal(mail?.link, undefined, 'there is nothing to open')

  // As many calls before the answer, whatever there is.
  const before = async (email: string) => {
    const calls = await callsOf(() => app.inject({ method: 'POST', url: '/auth/account/email', headers: { rid: 'anti-csrf', 'st-auth-mode': 'cookie', cookie: [...mallory.session.cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ') }, payload: { email } }))
    return calls
  }
  t.strictSame(await before(taken), await before(newAddress()))
  t.equal((await mallory.session.inject('/me')).json().emails[0], mallory.email)
})

t.test('Mallory has his account ask for Alice\'s address, and Alice opens the link', async (t) => {
  const app = await build(t)
  const mallory = await signInWithSecondFactor(app)
  const address = newAddress()
  const token = await tokenOf(app, mallory, address)
  // She has an account with another address, or none.
  const alice = await signInWithSecondFactor(app)
  t.strictSame((await confirm(alice.session, token)).json(), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' })
  t.strictSame((await onPage(alice.session, token)).json(), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' })
  t.equal((await confirm(createTestSession(app), token)).statusCode, 401)
  t.strictSame((await mallory.session.inject('/me')).json().emails, [mallory.email], 'his account does not get her address')
  t.strictSame((await alice.session.inject('/me')).json().emails, [alice.email], 'nor hers')
})

t.test('only the newest link works, for an hour, and only while the account has the address it had', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const invalid = { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }
  const [first, second] = [newAddress(), newAddress()]
  const older = await tokenOf(app, user, first)
  const newer = await tokenOf(app, user, second)
  t.strictSame((await confirm(user.session, older)).json(), invalid)
  for (const token of ['', 'x', 'email-change.', `email-change.${'a'.repeat(43)}`, newer.slice(0, -1)]) t.strictSame((await confirm(user.session, token)).json(), invalid, token)

  await t.test('too late', async (t) => {
    advance('61m')
    t.teardown(resetClock)
    const again = await signIn(app, user)
    await passSecondFactor(app, again)
    t.strictSame((await confirm(again.session, newer)).json(), invalid)
  })
  t.match((await confirm(user.session, newer)).json(), { status: 'OK' })
  const { metadata } = await UserMetadata.getUserMetadata(user.userId)
  t.equal(JSON.stringify(metadata).includes(newer), false, 'tokens are kept nowhere')
})

t.test('an address that somebody has signed up with meanwhile', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const email = newAddress()
  const token = await tokenOf(app, user, email)
  await signUp(app, { email })
  isRefused(t, await confirm(user.session, token), 'AUTH_EMAIL_TAKEN')
  t.strictSame((await user.session.inject('/me')).json().emails, [user.email])
  t.equal(app.twoFactor.outbox.entries().filter(({ to, link }) => to === user.email && link !== undefined).length, 0, 'nobody is told of a change that was none')
  const { metadata } = await UserMetadata.getUserMetadata(user.userId)
  t.strictSame(Object.keys(metadata).filter((key) => /link:undo-email|pending-email/.test(key)), [])
})

t.test('of two confirmations at the same moment one is made', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const token = await tokenOf(app, user, newAddress())
  const statuses = (await Promise.all([1, 2, 3].map(() => confirm(user.session.copy(), token)))).map((response) => response.json<{ status: string }>().status)
  t.ok(statuses.filter((status) => status === 'OK').length <= 1, statuses.join())
  t.ok(app.twoFactor.outbox.entries().filter(({ to, link }) => to === user.email && link?.includes('contest')).length <= 1)
})

t.test('links that reset the password die with the old address', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  await post(createTestSession(app), '/user/password/reset/token', { formFields: [{ id: 'email', value: user.email }] })
  const reset = tokenFor(app, user.email)
  const { email } = await changed(app, user)
  const answer = await post(createTestSession(app), '/user/password/reset', { method: 'token', token: reset, formFields: [{ id: 'password', value: 'wombat lantern 3' }] })
  t.strictSame(answer.json(), { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' })
  t.equal(await signInStatus(app, email, user.password), 'OK')
})

t.test('what is no address, or the one that there is', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  for (const email of ['', 'x', 'a@b', 'a b@example.com']) t.match((await ask(user.session, email)).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email', error: 'Email is invalid' }] }, email)
  t.match((await ask(user.session, user.email.toUpperCase())).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email', error: 'This is the address that you have now. Please choose another one.' }] })
  for (const payload of [{}, { email: 7 }, { email: ['a@example.com'] }, { email: `${'x'.repeat(300)}@example.com` }]) {
    t.match((await post(user.session, '/account/email', payload)).json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ })
  }
  for (const payload of [{}, { token: 7 }, { token: 'x'.repeat(513) }]) t.match((await post(user.session, '/account/email/confirm', payload)).json(), { status: 'GENERAL_ERROR' })
})

t.test('an account cannot have somebody\'s mailbox flooded', async (t) => {
  const app = await build(t)
  const [victim, mallory, helper] = [newAddress(), await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const [local, domain] = victim.split('@')
  const answers = []
  for (let mail = 0; mail < 4; mail++) answers.push(await ask(mallory.session, `${local}+${mail}@${domain}`))
  t.strictSame(answers.map((answer) => answer.json().status), ['OK', 'OK', 'OK', 'OK'])
  isRefused(t, await ask(mallory.session, victim), 'AUTH_LIMIT_REACHED')
  isRefused(t, await ask(helper.session, victim), 'AUTH_LIMIT_REACHED', 'nor do several')
})

t.test('the old address gets the account back', async (t) => {
  const app = await build(t)

  t.test('whoever took it, and all sessions end', async (t) => {
    const user = await signInWithSecondFactor(app)
    const { email, undo } = await changed(app, user)
    const mallory = await signIn(app, { ...user, email })
    await post(createTestSession(app), '/user/password/reset/token', { formFields: [{ id: 'email', value: email }] })
    const reset = tokenFor(app, email)

    const looked = await app.inject(`/auth/account/contest?token=${tokenIn(undo)}`)
    t.match(looked.body, 'Get my old address back')
    t.equal(await signInStatus(app, email, user.password), 'OK', 'looking changes nothing')
    t.equal((await press(app, undo)).statusCode, 200)
    t.equal(await signInStatus(app, user.email, user.password), 'AUTH_PASSWORD_CHANGE_REQUIRED')
    t.equal(await signInStatus(app, email, user.password), 'WRONG_CREDENTIALS_ERROR')
    for (const { session } of [user, mallory]) t.notOk(await isAlive(session))
    const late = await post(createTestSession(app), '/user/password/reset', { method: 'token', token: reset, formFields: [{ id: 'password', value: 'wombat lantern 3' }] })
    t.strictSame(late.json(), { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' }, 'links at the address of the thief die')
  })

  t.test('also after the thief has gone on to a third one, whose link to the second then does nothing', async (t) => {
    const user = await signInWithSecondFactor(app)
    const first = await changed(app, user)
    const second = await changed(app, { ...user, email: first.email })
    t.equal((await press(app, first.undo)).statusCode, 200)
    t.equal(await signInStatus(app, user.email, user.password), 'AUTH_PASSWORD_CHANGE_REQUIRED')
    await press(app, second.undo)
    t.equal(await signInStatus(app, user.email, user.password), 'AUTH_PASSWORD_CHANGE_REQUIRED')
    t.equal(await signInStatus(app, first.email, user.password), 'WRONG_CREDENTIALS_ERROR')
  })

  t.test('also after the thief has signed up with it, to keep it from its owner', async (t) => {
    const user = await signInWithSecondFactor(app)
    const { undo } = await changed(app, user)
    const squatter = await signUp(app, { email: user.email, password: 'marmalade tin 4' })
    t.equal((await press(app, undo)).statusCode, 200)
    t.equal(await signInStatus(app, user.email, user.password), 'AUTH_PASSWORD_CHANGE_REQUIRED')
    t.equal(await signInStatus(app, user.email, 'marmalade tin 4'), 'WRONG_CREDENTIALS_ERROR')
    t.notOk(await isAlive(squatter.session))
  })

  t.test('not from somebody who has verified it since', async (t) => {
    const user = await signInWithSecondFactor(app)
    const { email, undo } = await changed(app, user)
    const owner = await signUp(app, { email: user.email, password: 'marmalade tin 4' })
    await post(owner.session, '/user/email/verify/token', {})
    t.match((await onPage(owner.session, tokenFor(app, user.email))).json(), { status: 'OK' })
    t.match((await press(app, undo)).json(), { code: 'AUTH_EMAIL_TAKEN' })
    t.equal(await signInStatus(app, user.email, 'marmalade tin 4'), 'OK')
    t.equal(await signInStatus(app, email, user.password), 'OK')
  })
})

t.test('a sign-in to the old address that is under way gets no session', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const token = await tokenOf(app, user, newAddress())
  const visitor = createTestSession(app)
  const formFields = [{ id: 'email', value: user.email }, { id: 'password', value: user.password }]
  const late = await interleave(() => post(visitor, '/signin', { formFields }), 1, async () => { t.match((await confirm(user.session, token)).json(), { status: 'OK' }) })
  t.equal(late.json().status, 'WRONG_CREDENTIALS_ERROR')
  t.notOk(await isAlive(visitor))
})
