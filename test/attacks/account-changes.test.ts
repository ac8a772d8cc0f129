import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { AGENDA_USER, planReminders } from '../../src/account/agenda.js'
import { forcePasswordChange, startAccountRecovery } from '../../src/index.js'
import type { ServiceOptions } from '../../src/app.js'
import { advance, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { newBrowser, proveAs, registerAs } from '../account/browser.js'
import { changePhone, linkTo as undoLinkTo, undo } from '../account/change.js'
import { build as buildApp, finish, linkTo, post, press, RECOVERY, start, viewOf, whoLostPhone } from '../account/recovery.js'
import { recordAudit } from '../audit/record.js'
import { callsOf } from './suite/hold-call.js'

/*
 * Attacks where two parts of an account's life meet: an address that was changed and a recovery, a session that was replaced
 * and a recovery, an operator and a link that undoes.
 */

const BECAUSE = { by: 'otto', reason: 'seen in person' }
const limits: ServiceOptions['limits'] = { sends: false, signIn: false, signUps: false, mails: false }
/** A recovery takes less time than there is to undo a change of the address. */
const build = (t: Test) => buildApp(t, { limits, recoveryCodes: true, knownBrowsers: true, recoveryPeriod: '24h', contestPeriod: '72h' })

const newAddress = (): string => `${randomUUID()}@mallory.example`
const tokenIn = (link: string | undefined): string | null => new URL(link!).searchParams.get('token')
const fieldsOf = (email: string, password: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })

/** Asks for another address, and returns the token of the link that went there. */
async function askFor (app: FastifyInstance, { session }: SignedInUser, email: string): Promise<string | null> {
  const { status } = await post(session, '/auth/account/email', { email })
  if (status !== 'OK') throw new Error(status)
  return tokenIn(app.twoFactor.outbox.last(email)?.link)
}

/** Changes the address of an account. Returns the account as it is then, and the link at the old address. */
async function changeEmail (app: FastifyInstance, user: SignedInUser, email = newAddress()) {
  const token = await askFor(app, user, email)
  const { status } = await post(user.session, '/auth/account/email/confirm', { token })
  if (status !== 'OK') throw new Error(status)
  return { changed: { ...user, email }, undoLink: linkTo(app, user.email) }
}

t.test('Mallory, who has a session and the password, changes the address and recovers the account by his own mailbox', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  const { alice } = await whoLostPhone(app)
  const { changed, undoLink } = await changeEmail(app, alice)
  const mallory = await signIn(app, changed)
  const before = Date.now()
  const { recovery } = await start(app, mallory)
  t.ok(recovery!.readyAt! - before > 71 * 3_600_000, 'it waits for as long as the old address can come back')
  await app.twoFactor.delivered()
  for (const to of [alice.email, alice.phoneNumber]) t.match(app.twoFactor.outbox.last(to), { body: /has started to recover/, link: /account\/contest/ }, 'the old address is told, too')

  advance('25h')
  t.match(await post((await signIn(app, changed)).session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_WAITING' })
  t.match(await startAccountRecovery(app, alice.userId, { wait: 0, ...BECAUSE }), { readyAt: recovery!.readyAt }, 'an operator who is deceived shortens nothing, and is told so')

  t.match(await press(app, undoLink), { status: 'OK' })
  await app.twoFactor.delivered()
  t.match(events.filter(({ userId, type }) => userId === alice.userId && type === 'recovery.stopped'), [{ reason: 'veto' }])
  t.match(app.twoFactor.outbox.last(alice.phoneNumber)?.body, /was stopped/)
  t.match(await post(mallory.session, '/auth/signin', fieldsOf(alice.email, alice.password)), { code: 'AUTH_PASSWORD_CHANGE_REQUIRED' })
})

t.test('nor does he finish a recovery that began before he changed the address', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  advance('23h')
  // The address itself changes in a session that has passed a factor just now, which ends the recovery: that is fenced twice.
  await app.twoFactor.operations.core.update(alice.userId, app.twoFactor.contests.make({ purpose: 'undo-email-change', userId: alice.userId, data: { email: newAddress() } }, {}).record)
  advance('2h')
  t.match(await viewOf(await signIn(app, alice)), { phase: 'waiting' })
  advance('71h')
  const again = await signIn(app, alice)
  t.match(await finish(app, again), { recovery: { phase: 'open' } }, 'when nobody can undo it any more')
})

t.test('Mallory asks for his address, is signed out, and has the owner open the link', async (t) => {
  const app = await build(t)
  const ends = {
    'by her new password': (alice: SignedInUser) => post(alice.session, '/auth/account/password', { oldPassword: alice.password, newPassword: 'wombat lantern battery 2' }),
    'among her other sessions': (alice: SignedInUser) => post(alice.session, '/auth/account/sessions/end', { others: true })
  }
  for (const [how, end] of Object.entries(ends)) {
    const alice = await signInWithSecondFactor(app)
    const mallory = await signIn(app, alice)
    await passSecondFactor(app, mallory)
    const token = await askFor(app, mallory, newAddress())
    t.match(await end(alice), { status: 'OK' })
    for (const [path, body] of [['/auth/account/email/confirm', { token }], ['/auth/user/email/verify', { method: 'token', token }]] as const) {
      t.match(await post(alice.session, path, body), { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }, how)
    }
    t.strictSame((await alice.session.inject('/me')).json<{ emails: string[] }>().emails, [alice.email])
  }
})

t.test('a session from before the waiting time is not made younger by a known browser', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const browser = newBrowser()
  await registerAs(browser, alice.session)
  await start(app, await signIn(app, alice))
  advance('23h')
  const early = await signIn(app, alice)
  advance('2h')
  t.equal((await early.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
  t.match((await proveAs(browser, early.session)).json(), { status: 'OK' })
  t.match(await post(early.session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_SIGN_IN_AGAIN' })
  t.match(await post(early.session, `${RECOVERY}/finish`, { code: '12345678' }), { code: 'AUTH_RECOVERY_SIGN_IN_AGAIN' })
  t.match(await finish(app, await signIn(app, alice)), { recovery: { phase: 'open' } })
})

t.test('strangers who start many recoveries leave room for operators', async (t) => {
  const app = await build(t)
  const { core } = app.twoFactor.operations
  const write = (changes: object) => core.update(AGENDA_USER, changes as never)
  const filler = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`recovery:stranger-${i}`, { recovery: `stranger-${i}`, due: Date.now() + 1e9 }]))
  await write(filler)
  t.teardown(async () => { await write(Object.fromEntries(Object.keys(filler).map((key) => [key, null]))) })
  const { alice, lost } = await whoLostPhone(app)
  t.match(await start(app, lost), { code: 'AUTH_RECOVERY_FULL' })
  t.equal(await planReminders(write, 'stranger-900', Date.now()), false)
  t.match(await startAccountRecovery(app, alice.userId, BECAUSE), { readyAt: Number })
})

t.test('an undo does not bring a used recovery code back', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { recoveryCodes: [code] } = await post(alice.session, '/auth/signinup/code/consume', await requestCode(app, alice)) as unknown as { recoveryCodes: string[] }
  await changePhone(app, alice)
  const link = undoLinkTo(app, alice.phoneNumber)
  t.match(await post((await signIn(app, alice)).session, '/auth/recovery-codes/verify', { code }), { status: 'OK' })
  t.match(await undo(app, link), { status: 'OK' })
  t.match(await post((await signIn(app, alice)).session, '/auth/recovery-codes/verify', { code }), { status: 'INVALID_RECOVERY_CODE_ERROR' })
})

t.test('a forced change of the password survives a change of the address that is under way', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const token = await askFor(app, alice, newAddress())
  await forcePasswordChange(app, alice.userId, BECAUSE)
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/account/email/confirm', payload: { token } })).statusCode, 401)
  t.match(await post(alice.session, '/auth/signin', fieldsOf(alice.email, alice.password)), { code: 'AUTH_PASSWORD_CHANGE_REQUIRED' })
})

t.test('Mallory, who has a session, keeps no owner waiting who undoes something: what is refused announces no change', async (t) => {
  const app = await build(t)
  const { session } = await signInWithSecondFactor(app)
  const tries: Array<[path: string, body: object, answer: object]> = [
    ['/auth/account/email/confirm', { token: 'email-change.x' }, { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }],
    ['/auth/account/browsers/end', { id: 'x' }, { didBrowserExist: false }]
  ]
  for (const [path, body, answer] of tries) {
    const calls = await callsOf(async () => { t.match(await post(session, path, body), answer, path) })
    t.ok(calls.length > 0)
    t.strictSame(calls.filter((call) => call.startsWith('PUT /recipe/user/metadata')), [], path)
  }
  t.ok((await callsOf(async () => { await askFor(app, { session } as SignedInUser, newAddress()) })).includes('PUT /recipe/user/metadata'), 'such calls are seen')
})
