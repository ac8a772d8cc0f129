import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { buildPages, codeFor, visit } from './visit.js'

const app = await buildPages(t, { secondFactorRequired: 'enrolled', signUpByMail: false })

t.test('who has no second factor, and needs none, is in with the password', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up?redirect=%2Fexamples%2Fsession')
  await person.press('Create an account', { email: 'ann@example.com', password: 'a much longer horse 1' })
  t.match(person.shown, { status: 200, url: '/examples/session' })
  await person.open('/auth')
  t.equal(person.shown.url, '/auth/security')
})

t.test('who has one passes it', async (t) => {
  const { email, password, phoneNumber } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  t.equal(person.shown.url, '/auth/second-factor/sms')
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  t.equal(person.shown.url, '/auth/security')
})
