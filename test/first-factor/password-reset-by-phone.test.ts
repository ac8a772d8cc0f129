import t from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'

const options = { firstFactor: 'phone-password', defaultCountry: 'US', passwordReset: true, appInfo: { websiteDomains: ['http://localhost:3001', 'https://app.example.com'] } } satisfies ServiceOptions

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

t.test('a code is bound to the website that asked, and so is one that is sent again', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  for (const [origin, host] of [['https://app.example.com', 'app.example.com'], ['https://evil.example.com', 'localhost']] as const) {
    let payload: object = { phoneNumber: user.phoneNumber }
    for (const path of ['', '/resend']) {
      payload = (await user.session.inject({ method: 'POST', url: `/auth/signinup/code${path}`, headers: { origin }, payload })).json()
      const { code, body } = app.twoFactor.outbox.last(user.phoneNumber) ?? {}
      t.equal(body?.split('\n').at(-1), `@${host} #${code}`, `${origin}${path}`)
    }
  }
})
