import t from 'tap'
import { maskPhoneNumber, unlockSecondFactor, type AuditEvent, type SmsMessage } from '../../src/index.js'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { eventsOf } from './record.js'

const typesOf = (events: AuditEvent[]) => events.map(({ type }) => type)

t.test('a first visit is told step by step, with who and where and no whole number', async (t) => {
  const app = await build(t)
  let phone = ''
  const events = await eventsOf(async () => { ({ phoneNumber: phone } = await signInWithSecondFactor(app)) })
  t.same(typesOf(events), ['first-factor.passed', 'code.sent', 'second-factor.enrolled', 'second-factor.passed'])
  const [passed] = events
  const first = passed?.sessionHandle
  for (const event of events) t.match(event, { time: /^\d{4}-.*Z$/, userId: passed?.userId, address: '127.0.0.1' })
  for (const event of events.slice(0, -1)) t.equal(event.sessionHandle, first)
  t.match(events.at(-1), { sessionHandle: /^[0-9a-f-]{36}$/, replacedSessionHandle: first })
  t.not(events.at(-1)?.sessionHandle, first, 'the second factor makes a new session')
  for (const event of events.slice(1)) t.match(event, { factor: 'sms', phone: maskPhoneNumber(phone) })
  t.match(passed, { factor: 'password', account: /^.•••@example\.com$/, tenantId: 'public' })
})

t.test('what goes wrong says why', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const wrongPassword = { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: 'not the password 1' }] }
  const failed = await eventsOf(() => app.inject({ method: 'POST', url: '/auth/signin', payload: wrongPassword }))
  t.match(failed, [{ type: 'first-factor.failed', reason: 'WRONG_CREDENTIALS_ERROR', account: /•••@/ }])
  t.equal(failed[0]?.userId, undefined)

  const again = await signIn(app, user)
  const other = await eventsOf(() => again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } }))
  t.match(other, [{ type: 'code.refused', reason: 'AUTH_PHONE_MISMATCH', userId: user.userId }])
  const challenge = await requestCode(app, again)
  const wrong = await eventsOf(() => again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode: challenge.userInputCode === '000000' ? '000001' : '000000' } }))
  t.match(wrong, [{ type: 'code.wrong', phone: maskPhoneNumber(user.phoneNumber) }])
  const anonymous = await eventsOf(() => app.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } }))
  t.match(anonymous, [{ type: 'code.refused', address: '127.0.0.1' }])
})

t.test('the end of sessions is told: sign-out, reset, theft', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const thief = user.session.copy()
  const refresh = (client: typeof thief) => client.inject({ method: 'POST', url: '/auth/session/refresh' })
  await refresh(user.session)
  await refresh(user.session)
  t.match(await eventsOf(() => refresh(thief)), [{ type: 'session.theft-detected', userId: user.userId }])
  t.same(await eventsOf(() => createTestSession(app).inject({ method: 'POST', url: '/auth/session/refresh' })), [], 'no session is no theft')

  const again = await signIn(app, user)
  t.match(await eventsOf(() => again.session.inject({ method: 'POST', url: '/auth/signout' })), [{ type: 'session.revoked', userId: user.userId }])
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: user.email }] } })
  const token = new URL(app.twoFactor.outbox.last(user.email)?.link ?? '').searchParams.get('token')
  const reset = (password: string) => app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { token, formFields: [{ id: 'password', value: password }] } })
  t.match(await eventsOf(() => reset('another horse 2')), [{ type: 'password.reset', userId: user.userId }])
  t.same(await eventsOf(() => reset('another horse 3')), [])
  t.match(await eventsOf(() => unlockSecondFactor(app, user.userId)), [{ type: 'second-factor.unlocked', userId: user.userId }])
})

t.test('a whole flow leaves no code, token, password or number in the log', async (t) => {
  const secrets = new Set<string>()
  const lines: string[] = []
  const sms = { name: 'quiet', async send ({ to, code }: SmsMessage) { secrets.add(to).add(code!); app.twoFactor.outbox.add({ channel: 'sms', to, body: '', code: code! }) } }
  const app = await build(t, { sms }, { logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  const user = await signUp(app)
  await passSecondFactor(app, user)
  await user.session.inject('/me')
  await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  const again = await signIn(app, user)
  const challenge = await requestCode(app, again)
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode: 'wrong-code' } })
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  await again.session.inject({ method: 'POST', url: '/auth/signup', payload: { formFields: 1 } })
  for (const secret of [user.password, user.email, challenge.deviceId, challenge.preAuthSessionId, 'wrong-code', ...user.session.cookies.values(), ...again.session.cookies.values()]) secrets.add(secret)
  const log = lines.join('')
  t.ok(log.includes('second-factor.passed'))
  for (const secret of secrets) t.equal(log.includes(secret), false, `${secret.slice(0, 4)}…`)
})
