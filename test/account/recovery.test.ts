import t from 'tap'
import { advance, currentTotp, enrolTotp, newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build, enrolPhone, finish, isIn, linkTo, mailCode, post, press, RECOVERY, start, viewOf, whoLostPhone } from './recovery.js'

const HOUR = 3_600_000
const typesOf = (events: Array<{ type: string, userId?: string }>, { userId }: { userId: string }): string[] => events.filter((event) => event.userId === userId && event.type.startsWith('recovery')).map(({ type }) => type)

t.test('who has lost the phone gets back in: password and mailbox, three days, both again, a new phone', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  const { alice, lost } = await whoLostPhone(app)
  t.strictSame(await viewOf(lost), { phase: 'none' })
  t.match(await post(lost.session, `${RECOVERY}/code`), { status: 'OK', email: `${alice.email[0]}•••@example.com` })
  const before = Date.now()
  const started = await start(app, lost)
  t.match(started, { status: 'OK', recovery: { phase: 'waiting', startedAt: Number, readyAt: Number, lapsesAt: Number } })
  t.ok(started.recovery!.readyAt! - before >= 72 * HOUR)
  t.equal(started.recovery!.lapsesAt! - started.recovery!.readyAt!, 7 * 24 * HOUR)

  await app.twoFactor.delivered()
  for (const to of [alice.email, alice.phoneNumber]) t.match(app.twoFactor.outbox.last(to), { body: /has started to recover .* from \d{4}-\d\d-\d\d \d\d:\d\d UTC on/, link: /account\/contest/ }, 'told on every channel at once')

  advance('73h')
  const again = await signIn(app, alice)
  t.match(await viewOf(again), { phase: 'ready' })
  t.match(await finish(app, again), { status: 'OK', recovery: { phase: 'open', openUntil: Number } })
  const info = (await again.session.inject({ method: 'PUT', url: '/auth/mfa/info', payload: {} })).json()
  t.match(info, { factors: { next: ['totp', 'otp-phone'], alreadySetup: [], allowedToSetup: ['totp', 'otp-phone'] }, phoneNumbers: {} }, 'pages ask for a new one')

  const phoneNumber = newPhoneNumber()
  t.match(await enrolPhone(app, again, phoneNumber), { status: 'OK' })
  t.ok(await isIn(again))
  t.strictSame(await viewOf(again), { phase: 'none' })
  await app.twoFactor.delivered()
  for (const to of [alice.email, alice.phoneNumber]) t.match(app.twoFactor.outbox.last(to)?.body, /was replaced after a recovery/, 'told where the old one was, too')

  const next = await signIn(app, { ...alice, phoneNumber })
  t.match(await post(next.session, '/auth/signinup/code', { phoneNumber: alice.phoneNumber }), { code: 'AUTH_PHONE_MISMATCH' }, 'the old phone is no factor any more')
  await passSecondFactor(app, next)
  t.ok(await isIn(next))
  t.strictSame(typesOf(events, alice), ['recovery.started', 'recovery.opened', 'recovery.completed'])
})

t.test('the new factor may be of another kind, and everything old goes', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  const secret = await enrolTotp(app, alice)
  await start(app, await signIn(app, alice))
  advance('73h')
  const again = await signIn(app, alice)
  await finish(app, again)
  t.match(await post(again.session, '/auth/totp/verify', { totp: await currentTotp(secret) }), { status: 'UNKNOWN_USER_ID_ERROR' }, 'old factors count for nothing here')
  const made = await enrolTotp(app, again)
  t.ok(await isIn(again))
  t.equal((await again.session.inject('/auth/totp/device/list')).json<{ devices: unknown[] }>().devices.length, 1)
  advance(30)
  const next = await signIn(app, alice)
  t.match(await post(next.session, '/auth/totp/verify', { totp: await currentTotp(secret) }), { status: 'INVALID_TOTP_ERROR' })
  t.match(await post(next.session, '/auth/totp/verify', { totp: await currentTotp(made) }), { status: 'OK' })
  t.notOk(await isIn(lost))
})

t.test('broken enrolments are replaced, which nothing else can', async (t) => {
  const app = await build(t)
  const { alice } = await whoLostPhone(app)
  await app.twoFactor.operations.core.update(alice.userId, { passwordlessUserId: 'nobody' })
  await start(app, await signIn(app, alice))
  advance('73h')
  const again = await signIn(app, alice)
  t.match(await enrolPhone(app, again), { code: 'AUTH_PHONE_BROKEN' })
  await finish(app, again)
  t.match(await enrolPhone(app, again), { status: 'OK' })
})

t.test('owners are told once a day, whichever replica does it, until it ends', async (t) => {
  const app = await build(t)
  const other = await build(t)
  const events = recordAudit(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  await app.twoFactor.delivered()
  const told = () => [app, other].flatMap(({ twoFactor }) => twoFactor.outbox.entries()).filter(({ to, link }) => to === alice.phoneNumber && link !== undefined).length
  t.equal(told(), 1)
  const keepHouse = async () => { await Promise.all([app, other, app].map(({ twoFactor }) => twoFactor.keepHouse())) }
  await keepHouse()
  t.equal(told(), 1, 'not yet')
  for (let day = 1; day <= 10; day++) {
    advance('25h')
    await keepHouse()
    await keepHouse()
    if (day < 9) t.equal(told(), day + 1, `day ${day}`)
  }
  t.strictSame(typesOf(events, alice), ['recovery.started', 'recovery.lapsed'])
  t.strictSame(await viewOf(await signIn(app, alice)), { phase: 'none' }, 'after a week nobody can finish it')
  const before = told()
  advance('25h')
  await keepHouse()
  t.equal(told(), before)
})

t.test('a message that cannot be sent is tried again', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  await app.twoFactor.delivered()
  const { sms, mail } = app.twoFactor
  const [sendSms, sendMail] = [sms.send, mail.send]
  const fail = async () => { throw new Error('down') }
  Object.assign(sms, { send: fail })
  Object.assign(mail, { send: fail })
  advance('25h')
  await app.twoFactor.keepHouse()
  Object.assign(sms, { send: sendSms })
  Object.assign(mail, { send: sendMail })
  const sent = () => app.twoFactor.outbox.entries().filter(({ to, link }) => to === alice.phoneNumber && link !== undefined).length
  await app.twoFactor.keepHouse()
  t.equal(sent(), 1, 'in an hour, so that a provider that is down is not called each minute')
  advance('61m')
  await app.twoFactor.keepHouse()
  t.equal(sent(), 2)
})

t.test('passing a second factor ends it: who can has not lost it', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  const found = await signIn(app, alice)
  await passSecondFactor(app, found)
  t.match(await viewOf(found), { phase: 'none', pausedUntil: Number })
  await app.twoFactor.delivered()
  t.match(app.twoFactor.outbox.last(alice.email)?.body, /was stopped/)
  t.strictSame(typesOf(events, alice), ['recovery.started', 'recovery.stopped'])
  t.match(await post((await signIn(app, alice)).session, `${RECOVERY}/code`), { code: 'AUTH_LIMIT_REACHED', message: /was stopped.*in 2[34] hours/ }, 'not more often than a day')
  advance('25h')
  t.match(await start(app, await signIn(app, alice)), { recovery: { phase: 'waiting' } })
})

t.test('a session that has passed before stops it, one with the password alone does not', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  t.match(await post(alice.session, `${RECOVERY}/stop`), { code: 'AUTH_RECOVERY_NOT_STARTED' })
  await start(app, lost)
  const response = await lost.session.inject({ method: 'POST', url: `${RECOVERY}/stop`, payload: {} })
  t.equal(response.statusCode, 403)
  t.match(await viewOf(lost), { phase: 'waiting' })
  t.match(await post(alice.session, `${RECOVERY}/stop`), { status: 'OK', recovery: { phase: 'none', pausedUntil: Number } })
})

t.test('a veto stops it, signs everybody out and asks for a new password', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  await app.twoFactor.delivered()
  t.match((await app.inject(linkTo(app, alice.phoneNumber))).body, /Stop the recovery/)
  t.match(await viewOf(lost), { phase: 'waiting' }, 'to look at the page changes nothing: programs look at links')
  t.match(await press(app, linkTo(app, alice.phoneNumber)), { status: 'OK', message: /Your second factor stays as it is/ })
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401)
  t.match(await post(lost.session, '/auth/signin', { formFields: [{ id: 'email', value: alice.email }, { id: 'password', value: alice.password }] }), { status: 'GENERAL_ERROR', code: 'AUTH_PASSWORD_CHANGE_REQUIRED' })

  await post(lost.session, '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: alice.email }] })
  const token = new URL(linkTo(app, alice.email)).searchParams.get('token')
  t.match(await post(lost.session, '/auth/user/password/reset', { method: 'token', token, formFields: [{ id: 'password', value: 'correct horse battery 2' }] }), { status: 'OK' })
  const back = await signIn(app, { ...alice, password: 'correct horse battery 2' })
  await passSecondFactor(app, back)
  t.ok(await isIn(back), 'with the phone that she has')
})

t.test('who needs none gets none', async (t) => {
  const app = await build(t)
  const fresh = await signUp(app)
  t.match(await post(fresh.session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_NOT_NEEDED' }, 'nothing is enrolled')
  const alice = await signInWithSecondFactor(app)
  t.match(await post(alice.session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_NOT_NEEDED' })
  t.match(await post(alice.session, RECOVERY, { code: '12345678' }), { code: 'AUTH_RECOVERY_NOT_NEEDED' })
  t.match(await post((await signIn(app, alice)).session, `${RECOVERY}/finish`, { code: '12345678' }), { code: 'AUTH_RECOVERY_NOT_STARTED' })
})

t.test('a code works once, for ten minutes, and its typing errors are told from wrong ones', async (t) => {
  const app = await build(t)
  const { lost } = await whoLostPhone(app)
  const code = await mailCode(app, lost)
  t.match(await post(lost.session, RECOVERY, { code: '1234' }), { status: 'GENERAL_ERROR', message: 'Please enter the 8 digits of the code.' })
  t.match(await post(lost.session, RECOVERY, { code: code === '00000000' ? '00000001' : '00000000' }), { status: 'INCORRECT_USER_INPUT_CODE_ERROR' })
  t.match(await post(lost.session, RECOVERY, { code: 'x'.repeat(257) }), { code: 'AUTH_INPUT_TOO_LONG' })
  t.match(await post(lost.session, RECOVERY, {}), { code: 'AUTH_BODY_INVALID' })
  advance('11m')
  t.match(await post(lost.session, RECOVERY, { code }), { status: 'EXPIRED_USER_INPUT_CODE_ERROR' })
})
