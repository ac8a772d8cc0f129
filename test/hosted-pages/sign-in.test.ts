import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { newPhoneNumber } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { ORIGIN, visit } from './visit.js'

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
  t.match(person.shown, { title: 'Second step', url: '/auth/second-factor/sms' })
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
