import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { createTestSession, passSecondFactor, signIn, signInWithSecondFactor, type TestSession } from '../../src/testing/index.js'
import { callsOf, interleave } from '../attacks/suite/hold-call.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'

export const NEW = 'wombat lantern 2'
const limits = { signIn: { refusalTime: 0 }, sends: false } as const

export const build = (t: Test, options: ServiceOptions) => buildApp(t, { limits, ...options })

export const change = (session: TestSession, oldPassword: string, newPassword = NEW): Promise<LightMyRequestResponse> =>
  session.inject({ method: 'POST', url: '/auth/account/password', payload: { oldPassword, newPassword } })

export async function signInStatus (app: FastifyInstance, email: string, password: string, remoteAddress = '198.51.100.7'): Promise<string> {
  const formFields = [{ id: 'email', value: email }, { id: 'password', value: password }]
  return (await createTestSession(app).inject({ method: 'POST', url: '/auth/signin', remoteAddress, payload: { formFields } })).json<{ status: string }>().status
}

const isAlive = async (session: TestSession): Promise<boolean> => (await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode === 200

/** What holds in both systems. Runs in a file for each, since each has an SDK of its own. */
export function passwordChange (t: Test, options: ServiceOptions): void {
  const byPhone = options.firstFactor === 'phone-password'

  for (const transferMethod of ['cookie', 'header'] as const) {
    t.test(`the owner chooses another password: this ${transferMethod} session goes on, all others end`, async (t) => {
      const app = await build(t, options)
      const events = recordAudit(t)
      const user = await signInWithSecondFactor(app, { transferMethod })
      const elsewhere = await signIn(app, user)
      await passSecondFactor(app, elsewhere)
      const unfinished = await signIn(app, user)
      app.twoFactor.outbox.clear()

      t.strictSame((await change(user.session, user.password)).json(), { status: 'OK' })
      t.equal((await user.session.inject('/me')).statusCode, 200)
      t.ok(await isAlive(user.session))
      t.notOk(await isAlive(elsewhere.session))
      t.notOk(await isAlive(unfinished.session))
      t.equal(await signInStatus(app, user.email, user.password), 'WRONG_CREDENTIALS_ERROR')
      t.equal(await signInStatus(app, user.email, NEW), 'OK')

      const notices = app.twoFactor.outbox.entries()
      t.match(notices, [{ channel: byPhone ? 'sms' : 'mail', to: user.email, body: /Somebody has changed the password of your fastify-2fa account\./ }])
      t.equal(notices.length, 1)
      t.match(events.filter(({ type }) => type === 'password.changed'), [{ userId: user.userId }])
      t.notMatch(JSON.stringify(events), NEW)
    })
  }

  t.test('without a second factor nobody gets that far: a thief of the password, a stranger, a session that has ended', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const thief = await signIn(app, user)
    const refused = await change(thief.session, user.password)
    t.equal(refused.statusCode, 403)
    t.match(refused.json(), { claimValidationErrors: [{ id: byPhone ? 'phone-verified' : '2fa-completed' }] })
    t.equal((await change(createTestSession(app), user.password)).statusCode, 401)

    const copy = user.session.copy()
    await user.session.inject({ method: 'POST', url: '/auth/signout' })
    t.equal((await change(copy, user.password)).statusCode, 401, 'its access token would still be valid')
    t.equal(await signInStatus(app, user.email, user.password), 'OK', 'nothing has changed')
  })

  t.test('a session alone is not enough: the old password is asked for, of this account and no other', async (t) => {
    const app = await build(t, options)
    const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app, { password: 'marmalade tin 4' })]
    for (const wrong of ['wrong horse 1', '', mallory.password, alice.password.toUpperCase()]) {
      const response = await change(alice.session, wrong)
      t.strictSame(response.json(), { status: 'WRONG_CREDENTIALS_ERROR', message: 'This is not your password. Please try again.' })
    }
    const named = await mallory.session.inject({ method: 'POST', url: '/auth/account/password', payload: { oldPassword: mallory.password, newPassword: NEW, userId: alice.userId, email: alice.email } })
    t.strictSame(named.json(), { status: 'OK' }, 'whoever is named, the session says whose password it is')
    t.equal(await signInStatus(app, alice.email, alice.password), 'OK')
    t.equal(await signInStatus(app, alice.email, NEW), 'WRONG_CREDENTIALS_ERROR')
  })

  t.test('a thief with a session guesses no faster than at the sign-in form, and keeps nobody out', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const answers = []
    for (let guess = 0; guess < 14; guess++) {
      const response = await user.session.inject({ method: 'POST', url: '/auth/account/password', remoteAddress: '203.0.113.9', payload: { oldPassword: `guess ${guess}`, newPassword: NEW } })
      answers.push(response.json<{ status: string, code?: string }>())
    }
    t.equal(answers.filter(({ status }) => status === 'WRONG_CREDENTIALS_ERROR').length, 10, 'as many as at the form')
    t.match(answers.at(-1), { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED', message: /^Too many wrong passwords\. Try again in/ })
    const right = await user.session.inject({ method: 'POST', url: '/auth/account/password', remoteAddress: '203.0.113.9', payload: { oldPassword: user.password, newPassword: NEW } })
    t.match(right.json(), { code: 'AUTH_LIMIT_REACHED' }, 'during a wait, not even the right one is tried')
    t.equal(await signInStatus(app, user.email, user.password, '203.0.113.9'), 'GENERAL_ERROR', 'the form counts the same tries')
    t.equal(await signInStatus(app, user.email, user.password, '127.0.0.1'), 'OK', 'the owner signs in at home')
    t.equal(await signInStatus(app, user.email, user.password), 'OK', 'and elsewhere')
  })

  t.test('of many guesses at once, no more than at the form are tried', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const guess = (_: unknown, index: number) => user.session.copy().inject({ method: 'POST', url: '/auth/account/password', remoteAddress: '203.0.113.8', payload: { oldPassword: `guess ${index}`, newPassword: NEW } })
    const statuses = (await Promise.all(Array.from({ length: 40 }, guess))).map((response) => response.json<{ status: string }>().status)
    t.ok(statuses.filter((status) => status === 'WRONG_CREDENTIALS_ERROR').length <= 10, statuses.join())
  })

  t.test('what may not be chosen is said beside the field, and nothing changes', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const bad = [user.password, user.password.normalize('NFD'), 'short', 'Password1', `${user.email}!`, 'x'.repeat(80), 'fastify 2026']
    for (const password of bad) {
      t.match((await change(user.session, user.password, password)).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'newPassword', error: /./ }] }, password)
    }
    t.equal((await change(user.session, user.password, user.password)).json().formFields[0].error, 'This is the password that you have now. Please choose another one.')
    t.equal(await signInStatus(app, user.email, user.password), 'OK')
    t.ok(await isAlive(user.session))
  })

  t.test('input that makes no sense', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    for (const payload of [{}, { oldPassword: user.password }, { newPassword: NEW }, { oldPassword: 7, newPassword: NEW }, { oldPassword: user.password, newPassword: [NEW] }, { oldPassword: null, newPassword: NEW }, { oldPassword: 'x'.repeat(300), newPassword: NEW }]) {
      const response = await user.session.inject({ method: 'POST', url: '/auth/account/password', payload })
      t.match(response.json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ }, JSON.stringify(payload).slice(0, 60))
    }
    t.equal(await signInStatus(app, user.email, user.password), 'OK')
  })

  t.test('of two changes at the same moment one is made', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const passwords = ['wombat lantern 5', 'wombat lantern 6']
    const statuses = (await Promise.all(passwords.map((password) => change(user.session.copy(), user.password, password)))).map((response) => response.json<{ status: string }>().status)
    t.equal(statuses.filter((status) => status === 'OK').length <= 1, true, statuses.join())
    const now = statuses.includes('OK') ? passwords[statuses.indexOf('OK')]! : user.password
    t.equal(await signInStatus(app, user.email, now), 'OK')
  })

  t.test('a sign-in with the old password that is under way gets no session', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const visitor = createTestSession(app)
    const formFields = [{ id: 'email', value: user.email }, { id: 'password', value: user.password }]
    const late = await interleave(() => visitor.inject({ method: 'POST', url: '/auth/signin', payload: { formFields } }), 1, async () => {
      t.strictSame((await change(user.session, user.password)).json(), { status: 'OK' })
    })
    t.equal(late.json().status, 'WRONG_CREDENTIALS_ERROR')
    t.notOk(await isAlive(visitor))
  })

  t.test('whoever has the session and the old password does not overtake the owner who has just chosen another one', async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app)
    const stolen = user.session.copy()
    const calls = (await callsOf(() => change(stolen, 'not the password'))).length
    // Held after each call to the Core in turn, also after the one that found the old password right.
    for (let call = 0; call < calls + 4; call++) {
      let [mine, theirs] = ['', '']
      const [before, a, b] = [user.password, `wombat lantern ${call} a`, `marmalade tin ${call} b`]
      theirs = (await interleave(() => change(stolen, before, b), call, async () => { mine = (await change(user.session, before, a)).json<{ status: string }>().status })).json<{ status: string }>().status
      t.notOk(mine === 'OK' && theirs === 'OK', `held at call ${call}: ${mine}, ${theirs}`)
      user.password = mine === 'OK' ? a : theirs === 'OK' ? b : before
      t.equal(await signInStatus(app, user.email, user.password), 'OK')
    }
  })
}
