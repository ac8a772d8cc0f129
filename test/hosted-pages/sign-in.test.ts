import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { newPhoneNumber } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { codeFor, ORIGIN, visit } from './visit.js'

const core = await testCore()
const app = Fastify({ logger: false })
await app.register(fastify2fa, { ...core.options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: true })
await app.ready()
t.teardown(() => app.close())

t.test('a person signs up, enrols a phone, and comes back', async (t) => {
  const person = visit(app)
  const phone = newPhoneNumber()
  await person.open('/auth')
  t.equal(person.shown.title, 'Sign in')
  await person.follow('Create an account')
  await person.press('Create an account', { email: 'alice@example.com', password: 'correct horse 1' })
  t.match(person.shown, { title: 'Second factor', url: '/auth/second-factor/sms' })
  await person.press('Send the code', { contact: phone })
  t.match(person.shown.text, 'We have sent you a code')
  await person.press('Continue', { code: '000000' })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  await person.press('Continue', { code: app.twoFactor.outbox.last(phone)!.code! })
  t.match(person.shown.text, 'My security')

  const later = visit(app, { language: 'de' })
  await later.open('/auth')
  await later.press('Anmelden', { email: 'alice@example.com', password: 'wrong horse 1' })
  t.match(later.shown, { status: 422, text: /Die Adresse oder das Passwort ist falsch/ })
  await later.press('Anmelden', { password: 'correct horse 1' })
  t.match(later.shown, { url: '/auth/second-factor/sms', text: /Wir haben Ihnen einen Code gesendet/ })
  await later.press('Weiter', { code: app.twoFactor.outbox.last(phone)!.code! })
  t.match(later.shown.text, 'Meine Sicherheit')
})

t.test('a browser whose session has ended elsewhere is told so at sign-in; one that signed out itself is not', async (t) => {
  const [person, other] = [visit(app), visit(app)]
  const phone = newPhoneNumber()
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: 'bob@example.com', password: 'correct horse 1' })
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(app, phone) })
  await other.open('/auth')
  await other.press('Sign in', { email: 'bob@example.com', password: 'correct horse 1' })
  await person.open('/auth/security')
  await person.press('Sign out everywhere else')
  await other.open('/auth/second-factor')
  t.match(other.shown, { title: 'Sign in', text: /Your session has ended\. Please sign in again\./ })
  await other.press('Sign in', { email: 'bob@example.com', password: 'wrong horse 1' })
  t.notMatch(other.shown.text, 'Your session has ended', 'one thing at a time')
  await person.press('Sign out')
  t.equal(person.shown.title, 'Sign in')
  t.notMatch(person.shown.text, 'Your session has ended')
})
