import t from 'tap'
import type { SmsMessage } from '../../src/index.js'
import { createTestSession, requestCode, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { answer, interceptCore } from '../intercept-core.js'

t.test('a sender that fails gives a clear answer and costs no enrolment', async (t) => {
  const sent: SmsMessage[] = []
  let failing = true
  const sms = {
    name: 'flaky',
    async send (message: SmsMessage) {
      if (failing) throw new Error(`no route to ${message.to}, code ${message.code}`)
      sent.push(message)
    }
  }
  const lines: string[] = []
  const app = await build(t, { sms }, { logger: { level: 'error', stream: { write: (line: string) => { lines.push(line) } } } })
  const { session, phoneNumber } = await signUp(app)
  const ask = async () => (await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber } })).json()
  const message = 'The code could not be sent. Please try again in a moment.'
  t.same(await ask(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message, reason: message })
  t.equal(lines.join('').includes(phoneNumber), false, 'the log has no whole number')

  failing = false
  const challenge = await ask()
  t.equal(challenge.status, 'OK')
  failing = true
  const { deviceId, preAuthSessionId } = challenge
  const resent = await session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: { deviceId, preAuthSessionId } })
  t.equal(resent.json().status, 'GENERAL_ERROR')
  const consumed = await session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode: sent[0]?.code } })
  t.equal(consumed.json().status, 'OK', 'the first code still works')
})

t.test('a Core that cannot go on for now, such as on a full disk, is 503 as well', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  t.teardown(await interceptCore(async () => answer(503, 'The storage is full\n')))
  const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.equal(response.statusCode, 503)
  t.equal(response.json().code, 'AUTH_CORE_UNAVAILABLE')
  t.notMatch(response.body, 'storage')
})

t.test('a Core that is gone is 503 on the auth paths, and nobody is let in', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  t.teardown(await interceptCore(async () => { throw new TypeError('fetch failed') }))
  const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.equal(response.statusCode, 503)
  t.equal(response.json().code, 'AUTH_CORE_UNAVAILABLE')
  t.ok(response.headers['retry-after'])
  t.equal((await app.inject('/ready')).statusCode, 503)
  t.equal((await app.inject('/health')).statusCode, 200)
  t.equal((await createTestSession(app).inject('/me')).statusCode, 401)
})
