import t from 'tap'
import { advance, newPhoneNumber, resetClock, signInWithSecondFactor } from '../../src/testing/index.js'
import { buildPages, codeFor, visit } from './visit.js'

t.teardown(resetClock)
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

t.test('who has none is led to set one up where a route asks for one, and goes on there', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: 'bea@example.com', password: 'a much longer horse 1' })
  await person.open('/me')
  t.equal(person.shown.status, 403, 'the route asks everybody')
  await person.open('/auth/second-factor?once-more=1&redirect=%2Fme')
  t.match(person.shown, { status: 200, title: 'Second factor' })
  t.notMatch(person.shown.text, /For this change/)
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { status: 200, url: '/me' })
})

t.test('where a route asks for one that has just passed, the same address leads to it and back', async (t) => {
  const { email, password, phoneNumber } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  advance('10m')
  await person.open('/examples/fresh-second-factor')
  t.equal(person.shown.status, 403)
  await person.open('/auth/second-factor?once-more=1&redirect=%2Fexamples%2Ffresh-second-factor')
  await person.press('Send the code')
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  t.match(person.shown, { status: 200, url: '/examples/fresh-second-factor' })
})
