import t, { type Test } from 'tap'
import { unlockSecondFactor, type ServiceOptions } from '../../src/index.js'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { scrape } from './scrape.js'

/** With the limits of production, which tests do without. */
const build = (t: Test, options: ServiceOptions = {}) => buildApp(t, { metrics: { routes: 'all' }, limits: {}, ...options })

t.test('a login is counted step by step', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const again = await signIn(app, user)
  await passSecondFactor(app, again)
  await again.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  await again.session.inject({ method: 'POST', url: '/auth/signout' })
  const { value } = await scrape(app)
  t.equal(value('sign_ups_total', { factor: 'password', outcome: 'passed' }), 1)
  t.equal(value('sign_ins_total', { factor: 'password', outcome: 'passed' }), 1)
  t.equal(value('second_factor_asked_total', { factor: 'sms' }), 2)
  t.equal(value('second_factor_answers_total', { factor: 'sms', outcome: 'passed' }), 2)
  t.equal(value('second_factor_changes_total', { factor: 'sms', change: 'enrolled' }), 1)
  t.equal(value('messages_total', { channel: 'sms', provider: 'log', country: 'US', kind: 'code', outcome: 'accepted' }), 2)
  t.equal(value('message_duration_seconds_count', { channel: 'sms', provider: 'log' }), 2)
  t.equal(value('codes_answered_total', { channel: 'sms', provider: 'log', country: 'US' }), 2)
  t.equal(value('sessions_created_total'), 2)
  t.equal(value('sessions_refreshed_total'), 1)
  t.equal(value('sessions_ended_total', { reason: 'signed-out' }), 1)
  t.equal(value('audit_events_total', { type: 'second-factor.passed' }), 2)
  t.equal(value('core_requests_total', { operation: 'POST /recipe/signin', status: '2xx' }), 1)
  t.equal(value('core_request_duration_seconds_count', { operation: 'POST /recipe/signin' }), 1)
  t.equal(value('core_requests_total', { operation: 'other' }), 0, 'every operation has a name')
  t.equal(value('http_request_duration_seconds_count', { method: 'POST', route: '/auth/signin', status: '2xx' }), 1)
  t.equal(value('ready'), 1)
  t.equal(value('build_info'), 1)
})

t.test('what goes wrong is counted by what it was', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const before = await scrape(app)
  await app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: 'not the password 1' }] } })
  const again = await signIn(app, user)
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  const challenge = await requestCode(app, again)
  const wrong = challenge.userInputCode === '000000' ? '000001' : '000000'
  for (let tries = 0; tries < 10; tries++) await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode: wrong } })
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } })
  await unlockSecondFactor(app, user.userId)
  const after = await scrape(app)
  const more = (name: string, labels?: Record<string, string>) => after.value(name, labels) - before.value(name, labels)
  t.equal(more('sign_ins_total', { outcome: 'failed' }), 1)
  t.ok(more('second_factor_answers_total', { factor: 'sms', outcome: 'wrong' }) >= 1)
  t.ok(more('second_factor_answers_total', { factor: 'sms', outcome: 'refused' }) >= 2)
  t.ok(more('limit_refusals_total', { operation: 'POST /signinup/code' }) >= 1, 'a second code at once')
  t.ok(more('limit_refusals_total', { operation: 'POST /signinup/code/consume' }) >= 1, 'waits after wrong codes')
  t.equal(more('second_factor_changes_total', { change: 'unlocked' }), 1)
})

t.test('theft, and what guards refuse', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const before = await scrape(app)
  const thief = user.session.copy()
  const refresh = (client: typeof thief) => client.inject({ method: 'POST', url: '/auth/session/refresh' })
  await refresh(user.session)
  await refresh(user.session)
  await user.session.inject('/me')
  await refresh(thief)
  await createTestSession(app).inject('/me')
  await createTestSession(app).inject({ url: '/me', headers: { authorization: `Bearer ${user.session.cookies.get('sAccessToken')?.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA` } })
  const finished = await signInWithSecondFactor(app)
  await finished.session.inject('/me')
  await finished.session.inject('/me')
  const after = await scrape(app)
  const more = (name: string, labels?: Record<string, string>) => after.value(name, labels) - before.value(name, labels)
  t.equal(more('session_thefts_total'), 1)
  t.equal(more('sessions_ended_total', { reason: 'token-theft' }), 1)
  t.equal(more('guard_refusals_total', { reason: 'second-factor' }), 1)
  t.equal(more('guard_refusals_total', { reason: 'no-session' }), 1)
  t.equal(more('guard_refusals_total', { reason: 'refresh' }), 1)
  t.ok(more('guard_hits_total') >= 1)
  t.ok(more('guard_misses_total') >= 1)
})

t.test('a provider that fails is told from one that is not asked any more', async (t) => {
  const sms = { name: 'broken', async send () { throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) } }
  const app = await build(t, { sms })
  for (let messages = 0; messages < 7; messages++) await app.twoFactor.sms.send({ to: '+491511234567', body: 'x', code: '1' }).catch(() => {})
  const { value } = await scrape(app)
  const labels = { channel: 'sms', provider: 'broken', country: 'DE', kind: 'code' }
  t.equal(value('messages_total', { ...labels, outcome: 'failed' }), 5)
  t.equal(value('messages_total', { ...labels, outcome: 'paused' }), 2)
  t.equal(value('circuit_open', { service: 'sms', name: 'broken' }), 1)
  t.equal(value('circuit_open', { service: 'mail' }), 0)
})

t.test('nothing is measured unless it is asked for', async (t) => {
  const app = await build(t, { metrics: false })
  await signInWithSecondFactor(app)
  t.equal(app.twoFactor.metrics, undefined)
  t.equal((await app.inject('/metrics')).statusCode, 404)
})
