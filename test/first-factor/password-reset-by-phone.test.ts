import t from 'tap'
import { newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'

const options = { firstFactor: 'phone-password', defaultCountry: 'US', passwordReset: true } as const

t.test('where the operator allows it, the link goes to the account\'s own number, however it is typed', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  const forget = (value: string) => app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value }] } })

  for (const spelling of [user.phoneNumber, user.phoneNumber.replace(/^\+1(\d{3})(\d{3})/, '($1) $2-')]) {
    app.twoFactor.outbox.clear()
    t.same((await forget(spelling)).json(), { status: 'OK' })
    t.match(app.twoFactor.outbox.entries(), [{ channel: 'sms', to: user.phoneNumber, body: /new password/ }])
  }
  const link = new URL(String(app.twoFactor.outbox.last(user.phoneNumber)?.link))
  app.twoFactor.outbox.clear()
  t.same((await forget(newPhoneNumber())).json(), { status: 'OK' }, 'the same answer for an unknown number')
  t.same(app.twoFactor.outbox.entries(), [])
  t.match((await forget('12')).json(), { status: 'FIELD_ERROR' })

  const password = 'correct horse 2'
  const payload = { method: 'token', token: link.searchParams.get('token'), formFields: [{ id: 'password', value: password }] }
  t.same((await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload })).json(), { status: 'OK' })
  t.equal((await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'sessions are ended')

  const again = await signIn(app, { ...user, password })
  t.equal(again.userId, user.userId)
  t.equal((await again.session.inject('/me')).statusCode, 403)
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/me')).statusCode, 200)
})
