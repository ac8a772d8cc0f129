import t from 'tap'
import { changePhoneNumber, forcePasswordChange, listSecondFactors, resetSecondFactor, startAccountRecovery, stopAccountRecovery, unlockSecondFactor } from '../../src/index.js'
import { AGENDA_USER, planAct } from '../../src/account/agenda.js'
import { advance, enrolTotp, passSecondFactor, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build, enrolPhone, finish, isIn, linkTo, post, press, RECOVERY, viewOf } from './recovery.js'

const BECAUSE = { by: 'otto', reason: 'lost phone, seen in person' }
const fieldsOf = (email: string, password: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })

t.test('a reset takes the last factor and the password, tells the owner, and says who and why', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  const alice = await signInWithSecondFactor(app)
  t.match(await listSecondFactors(app, alice.userId), { userId: alice.userId, factors: [{ factor: 'sms', phone: /•/ }] })
  t.strictSame(await resetSecondFactor(app, alice.userId, { factor: 'sms', ...BECAUSE }), { removed: ['sms'], hasNone: true, passwordChangeRequired: true })
  await app.twoFactor.delivered()
  t.match(events.filter(({ actor }) => actor !== undefined), [
    { type: 'second-factor.reset', factor: 'sms', userId: alice.userId, actor: 'otto', reason: BECAUSE.reason },
    { type: 'password.change-required', userId: alice.userId, actor: 'otto' }
  ])
  for (const to of [alice.email, alice.phoneNumber]) t.match(app.twoFactor.outbox.last(to)?.body, /Support has removed the second factor/, 'also where codes went')
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'sessions have ended')

  // Mallory, who has the password, comes first.
  const mallory = await post(alice.session, '/auth/signin', fieldsOf(alice.email, alice.password))
  t.match(mallory, { status: 'GENERAL_ERROR', code: 'AUTH_PASSWORD_CHANGE_REQUIRED', message: /choose a new password/ }, 'and enrols nothing')
  t.match(await post(alice.session, '/auth/signin', fieldsOf(alice.email, 'wrong horse 1')), { status: 'WRONG_CREDENTIALS_ERROR' }, 'only who has the right one is told')
  t.match(await listSecondFactors(app, alice.userId), { factors: [], passwordChangeRequired: Number })

  const reset = async (password: string) => {
    await post(alice.session, '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: alice.email }] })
    const token = new URL(linkTo(app, alice.email)).searchParams.get('token')
    return await post(alice.session, '/auth/user/password/reset', { method: 'token', token, formFields: [{ id: 'password', value: password }] })
  }
  t.match(await reset(alice.password), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error: /have not used here before/ }] }, 'the old one is no new one')
  t.match(await reset('correct horse battery 2'), { status: 'OK' })
  const back = await signIn(app, { ...alice, password: 'correct horse battery 2' })
  t.match(await enrolPhone(app, back), { status: 'OK' })
  t.notOk((await listSecondFactors(app, alice.userId)).passwordChangeRequired)
})

t.test('a factor beside others goes alone', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await enrolTotp(app, alice)
  t.match(await resetSecondFactor(app, alice.userId, { factor: 'sms', ...BECAUSE }), { removed: ['sms'], hasNone: false, passwordChangeRequired: false })
  const next = await signIn(app, alice)
  t.match(await enrolPhone(app, next), { code: 'AUTH_ENROLMENT_REFUSED' }, 'the app is the factor now')
  await t.rejects(resetSecondFactor(app, alice.userId, { factor: 'sms', ...BECAUSE }), { code: 'AUTH_OPERATION_REFUSED' })
})

t.test('a link that undoes an earlier change brings nothing back that an operator has removed', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  const link = linkTo(app, alice.email)
  await resetSecondFactor(app, alice.userId, { factor: 'sms', ...BECAUSE })
  t.match(await press(app, link), { code: 'AUTH_CONTEST_LINK_INVALID' })
  t.match(await listSecondFactors(app, alice.userId), { factors: [{ factor: 'totp' }] })
})

t.test('a forced change of the password ends sessions, and a sign-in that is under way', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const signingIn = Promise.all(Array.from({ length: 4 }, () => post(alice.session.copy(), '/auth/signin', fieldsOf(alice.email, alice.password))))
  await forcePasswordChange(app, alice.userId, BECAUSE)
  await signingIn
  t.strictSame((await app.twoFactor.core.fetch(`${app.twoFactor.core.addresses[0]}/recipe/session/user?userId=${alice.userId}`, { headers: { 'cdi-version': '5.4', 'api-key': app.twoFactor.core.apiKey ?? '' } }).then((response) => response.json()) as { sessionHandles: string[] }).sessionHandles, [])
  await app.twoFactor.delivered()
  t.match(app.twoFactor.outbox.last(alice.email)?.body, /asks you to choose a new password/)
})

t.test('an operator shortens a recovery, which the owner still has to finish, and stops it', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const started = await startAccountRecovery(app, alice.userId, { wait: 0, ...BECAUSE })
  t.ok(started.readyAt <= Date.now())
  await app.twoFactor.delivered()
  t.match(app.twoFactor.outbox.last(alice.phoneNumber)?.link, /contest/, 'the owner is told at once, and can stop it')
  advance(1)
  const lost = await signIn(app, alice)
  t.match(await viewOf(lost), { phase: 'ready' })
  t.match(await post(lost.session, `${RECOVERY}/finish`, { code: '12345678' }), { status: 'RESTART_FLOW_ERROR' }, 'the mailbox is proved as ever')
  await stopAccountRecovery(app, alice.userId, BECAUSE)
  t.match(await viewOf(lost), { phase: 'none' })
  await t.rejects(stopAccountRecovery(app, alice.userId, BECAUSE), { code: 'AUTH_OPERATION_REFUSED' })
  await startAccountRecovery(app, alice.userId, { wait: 0, ...BECAUSE })
  advance(1)
  const again = await signIn(app, alice)
  await finish(app, again)
  t.match(await enrolPhone(app, again), { status: 'OK' })
})

t.test('an operator\'s start passes a lock and a pause', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const { core } = app.twoFactor.operations
  await core.update(alice.userId, { 'fastify-2fa:failures': { count: 50, lockedAt: 'x' }, 'fastify-2fa:past-recoveries': { vetoes: 1, vetoedAt: Date.now(), pausedUntil: Date.now() + 1e9 } })
  await startAccountRecovery(app, alice.userId, { wait: 0, ...BECAUSE })
  advance(1)
  const lost = await signIn(app, alice)
  t.match(await finish(app, lost), { recovery: { phase: 'open' } })
})

t.test('what a command did is published and told by the service, once', async (t) => {
  const app = await build(t)
  const other = await build(t)
  const events = recordAudit(t)
  const alice = await signInWithSecondFactor(app)
  const { core } = app.twoFactor.operations
  await planAct((changes) => core.update(AGENDA_USER, changes), {
    userId: alice.userId,
    events: [{ type: 'password.change-required', userId: alice.userId, actor: 'otto', reason: 'leaked' }],
    notice: 'password-change-required',
    channels: {},
    sessionsEndedAt: Date.now()
  })
  t.ok(await isIn(alice), 'the command has ended the session in the Core, and no process knows')
  await Promise.all([app, other].map(({ twoFactor }) => twoFactor.keepHouse()))
  await app.twoFactor.keepHouse()
  t.match(events.filter(({ actor }) => actor === 'otto'), [{ type: 'password.change-required', reason: 'leaked' }])
  t.equal([app, other].flatMap(({ twoFactor }) => twoFactor.outbox.entries()).filter(({ to, body }) => to === alice.email && /asks you to choose/.test(body)).length, 1)
  t.notMatch(Object.keys(await core.metadata(AGENDA_USER)).join(), /act:/)
  t.notOk(await isIn(alice))
})

t.test('what is missing or wrong is said', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await t.rejects(resetSecondFactor(app, 'nobody', { factor: 'all', ...BECAUSE }), { code: 'AUTH_USER_UNKNOWN', statusCode: 404 })
  await t.rejects(resetSecondFactor(app, alice.userId, { factor: 'all', by: '', reason: 'x' }), { code: 'AUTH_OPERATION_REFUSED', message: /Say who/ })
  await t.rejects(forcePasswordChange(app, alice.userId, { by: 'otto', reason: '' }), { code: 'AUTH_OPERATION_REFUSED', message: /Say why/ })
  await t.rejects(startAccountRecovery(app, alice.userId, BECAUSE), { message: /no second factor/ })
  await t.rejects(startAccountRecovery(app, alice.userId, { wait: -1, ...BECAUSE }), { message: /waiting time/ })
  await t.rejects(changePhoneNumber(app, alice.userId, { number: '+12125550188', ...BECAUSE }), { message: /e-mail address here/ })
  t.equal(await unlockSecondFactor(app, 'nobody', BECAUSE), false)
  const events = recordAudit(t)
  t.equal(await unlockSecondFactor(app, alice.userId, BECAUSE), true)
  t.match(events, [{ type: 'second-factor.unlocked', actor: 'otto', reason: BECAUSE.reason }])
  await passSecondFactor(app, alice)
  t.ok(await isIn(alice))
})
