import t from 'tap'
import { advance, newPhoneNumber, signIn } from '../../src/testing/index.js'
import { build, enrolPhone, finish, isIn, linkTo, mailCode, openRecovery, post, press, RECOVERY, start, viewOf, whoLostPhone } from '../account/recovery.js'

const HOUR = 3_600_000

/** Mallory has Alice's password. Where it is said, he reads her mail as well. */
t.test('Mallory, who has the password alone, starts nothing', async (t) => {
  const app = await build(t)
  const { alice, lost: mallory } = await whoLostPhone(app)
  t.match(await post(mallory.session, RECOVERY, { code: '12345678' }), { status: 'RESTART_FLOW_ERROR' }, 'without a mail there is no code')
  await post(mallory.session, `${RECOVERY}/code`)
  const code = app.twoFactor.outbox.last(alice.email)?.code
  const guesses = await Promise.all(Array.from({ length: 40 }, (_, i) => String(10_000_000 + i)).filter((guess) => guess !== code).map((guess) => post(mallory.session.copy(), RECOVERY, { code: guess })))
  t.ok(guesses.filter(({ status }) => status === 'INCORRECT_USER_INPUT_CODE_ERROR').length <= 5, 'five guesses are compared')
  t.match(await post(mallory.session, RECOVERY, { code }), { code: 'AUTH_LIMIT_REACHED' }, 'then not even the right code')
  t.match(await viewOf(mallory), { phase: 'none' })
  const challenge = await post(mallory.session, '/auth/signinup/code', { phoneNumber: alice.phoneNumber })
  const userInputCode = app.twoFactor.outbox.last(alice.phoneNumber)?.code
  t.match(await post(mallory.session, '/auth/signinup/code/consume', { ...challenge, status: undefined, userInputCode }), { code: 'AUTH_LIMIT_REACHED' }, 'and they are counted with all others of the account')
})

t.test('Mallory uses the code of the mailbox for guessing on: it clears no count', async (t) => {
  const app = await build(t)
  const { lost: mallory } = await whoLostPhone(app)
  const challenge = await post(mallory.session, '/auth/signinup/code', { phoneNumber: mallory.phoneNumber })
  const right = app.twoFactor.outbox.last(mallory.phoneNumber)?.code
  const wrong = right === '000000' ? '000001' : '000000'
  const guess = async () => await post(mallory.session, '/auth/signinup/code/consume', { deviceId: challenge.deviceId, preAuthSessionId: challenge.preAuthSessionId, userInputCode: wrong })
  for (let i = 0; i < 4; i++) await guess()
  const other = await signIn(app, mallory)
  t.match(await start(app, other), { recovery: { phase: 'waiting' } })
  await guess()
  t.match(await guess(), { code: 'AUTH_LIMIT_REACHED' }, 'the sixth is not compared')
})

t.test('Mallory, who reads the mail as well, is no faster by starting again and again, and floods nobody', async (t) => {
  const app = await build(t)
  const { alice, lost: mallory } = await whoLostPhone(app)
  const first = await start(app, mallory)
  await app.twoFactor.delivered()
  const told = () => app.twoFactor.outbox.entries().filter(({ to, link }) => to === alice.phoneNumber && link !== undefined).length
  t.equal(told(), 1)
  advance('1h')
  for (let i = 0; i < 3; i++) {
    const again = await signIn(app, alice)
    t.match(await post(again.session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_WAITING' }, 'no mail goes out')
    t.strictSame((await post(again.session, RECOVERY, { code: '12345678' })).recovery, first.recovery, 'it stays as it is')
  }
  await app.twoFactor.delivered()
  t.equal(told(), 1)
})

t.test('of many starts at the same moment one counts', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  const sessions = [lost, await signIn(app, alice), await signIn(app, alice)]
  const codes: string[] = []
  for (const one of sessions) codes.push(await mailCode(app, one))
  const answers = await Promise.all(sessions.map(({ session }, i) => post(session, RECOVERY, { code: codes[i] })))
  await app.twoFactor.delivered()
  t.ok(app.twoFactor.outbox.entries().filter(({ to, link }) => to === alice.phoneNumber && link !== undefined).length <= 1, JSON.stringify(answers))
  const times = answers.map(({ recovery }) => recovery?.readyAt).filter((time) => time !== undefined)
  t.ok(new Set(times).size <= 1)
})

t.test('Mallory finishes too early', async (t) => {
  const app = await build(t)
  const replica = await build(t)
  const { alice, lost: mallory } = await whoLostPhone(app)
  await start(app, mallory)
  advance('71h')
  for (const one of [app, replica]) {
    const early = await signIn(one, alice)
    t.match(await post(early.session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_WAITING' })
    t.match(await post(early.session, `${RECOVERY}/finish`, { code: '12345678' }), { code: 'AUTH_RECOVERY_WAITING' })
    t.not((await enrolPhone(one, early)).status, 'OK')
  }
  const kept = await signIn(app, alice)
  advance('59m')
  await kept.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  advance('2m')
  t.match(await viewOf(kept), { phase: 'ready' })
  t.match(await post(kept.session, `${RECOVERY}/code`), { code: 'AUTH_RECOVERY_SIGN_IN_AGAIN' }, 'a session from before: the Core says when it began, whatever the clock of a replica says')
  t.match(await post(kept.session, `${RECOVERY}/finish`, { code: '12345678' }), { code: 'AUTH_RECOVERY_SIGN_IN_AGAIN' })
})

t.test('Mallory finishes without the mailbox', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  advance('73h')
  const mallory = await signIn(app, alice)
  t.match(await post(mallory.session, `${RECOVERY}/finish`, { code: '12345678' }), { status: 'RESTART_FLOW_ERROR' })
  t.match(await enrolPhone(app, mallory), { code: 'AUTH_PHONE_MISMATCH' }, 'the old phone is the factor until then')
  t.notOk(await isIn(mallory))
})

t.test('what one session has proved opens no other', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  const mallory = await signIn(app, alice)
  const code = await mailCode(app, lost)
  t.match(await post(mallory.session, RECOVERY, { code }), { status: 'RESTART_FLOW_ERROR' }, 'a code works where it was asked for')
  await post(lost.session, RECOVERY, { code })
  advance('73h')
  const [owner, thief] = [await signIn(app, alice), await signIn(app, alice)]
  const last = await mailCode(app, owner)
  t.match(await post(thief.session, `${RECOVERY}/finish`, { code: last }), { status: 'RESTART_FLOW_ERROR' })
  t.match(await post(owner.session, `${RECOVERY}/finish`, { code: last }), { recovery: { phase: 'open' } })
  t.match(await post(owner.session, `${RECOVERY}/finish`, { code: last }), { status: 'RESTART_FLOW_ERROR' }, 'once')
  t.match(await viewOf(thief), { phase: 'ready' })
  t.match(await enrolPhone(app, thief), { code: 'AUTH_PHONE_MISMATCH' })
  t.equal((await thief.session.inject('/auth/totp/device/list')).statusCode, 403)
  t.equal((await owner.session.inject('/auth/totp/device/list')).statusCode, 403, 'nor does the recovery show what there was')
  t.match(await enrolPhone(app, owner), { status: 'OK' })
  t.notOk(await isIn(thief))
  t.match(await thief.session.inject(RECOVERY), { statusCode: 401 }, 'other sessions have ended')
})

t.test('one enrolment is allowed, however many ask at the same moment', async (t) => {
  const app = await build(t)
  const { alice, again: one } = await openRecovery(app)
  const two = await signIn(app, alice)
  await finish(app, two)
  t.match(await enrolPhone(app, one), { code: 'AUTH_PHONE_MISMATCH' }, 'the session that proved the mailbox last has it')
  const phones = [newPhoneNumber(), newPhoneNumber()]
  const asked = []
  for (const phoneNumber of phones) asked.push(await post(two.session, '/auth/signinup/code', { phoneNumber }))
  const answers = await Promise.all(asked.map(({ deviceId, preAuthSessionId }, i) => post(two.session.copy(), '/auth/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(phones[i]!)?.code })))
  t.ok(answers.filter(({ status }) => status === 'OK').length <= 1)
  t.not((await enrolPhone(app, two)).status, 'OK', 'nor once more in the same session')
})

t.test('a veto and an enrolment at the same moment: one wins, and the account is never without a factor', async (t) => {
  const app = await build(t)
  for (let round = 0; round < 3; round++) {
    const { alice, again: thief, link } = await openRecovery(app)
    const phoneNumber = newPhoneNumber()
    const { deviceId, preAuthSessionId } = await post(thief.session, '/auth/signinup/code', { phoneNumber })
    const consume = { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(phoneNumber)?.code }
    const before = (await app.twoFactor.operations.core.metadata(alice.userId)).passwordlessUserId
    const [vetoed, enrolled] = await Promise.all([press(app, link), post(thief.session, '/auth/signinup/code/consume', consume)])
    const after = await app.twoFactor.operations.core.metadata(alice.userId)
    t.type(after.passwordlessUserId, 'string')
    const isStopped = after['fastify-2fa:past-recoveries'] !== undefined
    t.equal(after.passwordlessUserId === before, isStopped || after['fastify-2fa:recovery'] !== undefined, JSON.stringify([vetoed, enrolled]))
    if (isStopped) t.notOk(await isIn(thief))
  }
})

t.test('a session that ends while it enrols leaves the account as it was, not without a factor', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  const { passwordlessUserId } = await app.twoFactor.operations.core.metadata(alice.userId)
  await start(app, lost)
  advance('73h')
  const again = await signIn(app, alice)
  await finish(app, again)
  const recovery = app.twoFactor.recovery!
  const { completed } = recovery
  t.teardown(() => { recovery.completed = completed })
  recovery.completed = async (userId, before, userContext) => {
    await completed(userId, before, userContext)
    await app.twoFactor.operations.core.endSessions(userId)
  }
  const phoneNumber = newPhoneNumber()
  const { deviceId, preAuthSessionId } = await post(again.session, '/auth/signinup/code', { phoneNumber })
  const response = await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(phoneNumber)?.code } })
  t.equal(response.statusCode, 401)
  const after = await app.twoFactor.operations.core.metadata(alice.userId)
  t.equal(after.passwordlessUserId, passwordlessUserId)
  t.notOk('fastify-2fa:recovery' in after)
})

t.test('after a veto Mallory starts again: refused, for longer each time', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  let owner = { ...alice }
  let mallory = lost
  for (const [round, days] of [7, 14, 28].entries()) {
    t.match(await start(app, mallory), { recovery: { phase: 'waiting' } }, `round ${round}`)
    await app.twoFactor.delivered()
    const link = linkTo(app, alice.phoneNumber)
    t.match(await press(app, link), { status: 'OK' })
    t.match(await press(app, link), { message: String }, 'the link does nothing more')
    // Mallory reads the mail, so he chooses the new password.
    await post(mallory.session, '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: alice.email }] })
    const token = new URL(linkTo(app, alice.email)).searchParams.get('token')
    owner = { ...owner, password: `correct horse battery ${round}` }
    t.match(await post(mallory.session, '/auth/user/password/reset', { method: 'token', token, formFields: [{ id: 'password', value: owner.password }] }), { status: 'OK' })
    mallory = await signIn(app, owner)
    const { pausedUntil = 0 } = await viewOf(mallory) ?? {}
    t.ok(Math.abs(pausedUntil - Date.now() - days * 24 * HOUR) < HOUR, `${days} days`)
    t.match(await post(mallory.session, `${RECOVERY}/code`), { code: 'AUTH_LIMIT_REACHED', message: /A recovery of this account was stopped/ })
    t.match(await post(mallory.session, RECOVERY, { code: '12345678' }), { code: 'AUTH_LIMIT_REACHED' })
    advance(days * 86_400 + 60)
    mallory = await signIn(app, owner)
  }
})

t.test('a link of an earlier recovery does not stop a later one', async (t) => {
  const app = await build(t)
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  await app.twoFactor.delivered()
  const old = linkTo(app, alice.phoneNumber)
  await post(alice.session, `${RECOVERY}/stop`)
  advance(8 * 86_400)
  const again = await signIn(app, alice)
  t.match(await start(app, again), { recovery: { phase: 'waiting' } })
  await press(app, old)
  t.match(await viewOf(again), { phase: 'waiting' })
})

t.test('a locked account is not recovered round the lock', async (t) => {
  const app = await build(t)
  const { alice, lost: mallory } = await whoLostPhone(app)
  const code = await mailCode(app, mallory)
  await app.twoFactor.operations.core.update(alice.userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  t.match(await post(mallory.session, RECOVERY, { code }), { code: 'AUTH_LIMIT_REACHED', message: /locked/ })
  t.match(await post(mallory.session, `${RECOVERY}/code`), { code: 'AUTH_LIMIT_REACHED', message: /locked/ })
})

t.test('a session without any factor is refused everywhere', async (t) => {
  const app = await build(t)
  for (const [method, url] of [['GET', RECOVERY], ['POST', RECOVERY], ['POST', `${RECOVERY}/code`], ['POST', `${RECOVERY}/finish`], ['POST', `${RECOVERY}/stop`]] as const) {
    t.equal((await app.inject({ method, url, ...(method === 'POST' && { payload: { code: '12345678' } }) })).statusCode, 401, `${method} ${url}`)
  }
})
