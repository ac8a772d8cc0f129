import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { build, change, NEW, passwordChange, signInStatus } from './password-change.js'

passwordChange(t, {})

t.test('links that reset the password die with the old one', async (t) => {
  const app = await build(t, {})
  const user = await signInWithSecondFactor(app)
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: user.email }] } })
  const token = new URL(app.twoFactor.outbox.last(user.email)!.link!).searchParams.get('token')
  t.strictSame((await change(user.session, user.password)).json(), { status: 'OK' })
  const reset = await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [{ id: 'password', value: 'marmalade tin 9' }] } })
  t.strictSame(reset.json(), { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' })
  t.equal(await signInStatus(app, user.email, NEW), 'OK')
})
