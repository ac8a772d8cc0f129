import t from 'tap'
import { newPhoneNumber } from '../../src/testing/index.js'
import { codeFor, securityApp, signInAgain } from './security.js'
import { visit } from './visit.js'

const app = await securityApp({ secondFactors: ['sms', 'totp'], secondFactorRequired: 'enrolled' })

t.test('who needs no second factor sees the page without one, and sets one up', async (t) => {
  const person = visit(app)
  await person.post('/auth/sign-up', { email: 'alice@example.com', password: 'correct horse 1' })
  await person.open('/auth/security')
  t.match(person.shown, { title: 'My security', text: /You have no second step yet/ })
  t.notMatch(person.shown.text, 'Recovery codes', 'which stand in for nothing')

  await person.follow('Change the e-mail address')
  await person.press('Send the link', { email: 'bob@example.com', password: 'wrong horse 1' })
  t.match(person.shown.document.querySelector('#password-error')?.text, 'This is not your password')
  t.equal(person.shown.document.querySelector('#email')?.getAttribute('value'), 'bob@example.com')
  await person.press('Send the link', { password: 'correct horse 1' })
  t.match(person.shown.text, 'We have sent a link to your new address')

  const phone = newPhoneNumber()
  await person.follow('Add a phone number')
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { title: 'Your recovery codes', status: 200 })
  await person.press('I have saved them')
  t.match(person.shown.text, phone)
  const again = await signInAgain(app, { login: 'alice@example.com', phone, password: 'correct horse 1' })
  t.equal(again.shown.title, 'Second step', 'from now on it is needed')
})
