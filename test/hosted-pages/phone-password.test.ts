import t from 'tap'
import { newPhoneNumber } from '../../src/testing/index.js'
import { buildPages, codeFor, linkTo, visit } from './visit.js'

const app = await buildPages(t, { firstFactor: 'phone-password', passwordReset: true, exposePhoneNumber: false })

t.test('with phone + password, the number is the login, and nothing is asked twice', async (t) => {
  const phone = newPhoneNumber()
  const person = visit(app)
  await person.open('/auth/sign-up?redirect=%2Fsessioninfo')
  t.match(person.shown.document.querySelector('#email')!.attributes, { type: 'tel', autocomplete: 'username tel' })
  t.notMatch(person.shown.text, /e-mail/i)
  await person.press('Create an account', { email: phone, password: 'correct horse 1' })
  t.match(person.shown, { url: '/auth/second-factor/sms?redirect=%2Fsessioninfo', text: /We have sent you a code/ }, 'the number is known')
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })

  const later = visit(app)
  await later.open('/auth')
  t.notMatch(later.shown.text, /e-mail/i)
  await later.press('Sign in', { email: phone, password: 'wrong horse 1' })
  t.match(later.shown, { status: 422, text: /The number or the password is wrong/ })
  await later.press('Sign in', { email: phone, password: 'correct horse 1' })
  t.match(later.shown, { url: '/auth/second-factor/sms', text: /We have sent you a code/ })
  t.notOk(later.shown.document.toString().includes(phone), 'who has the password alone does not see the number')
  await later.press('Continue', { code: codeFor(app, phone) })
  t.equal(later.shown.url, '/auth/security')
})

t.test('a reset goes by text message', async (t) => {
  const phone = newPhoneNumber()
  const person = visit(app)
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: phone, password: 'correct horse 1' })
  await person.press('Continue', { code: codeFor(app, phone) })
  const later = visit(app)
  await later.open('/auth/reset-password')
  await later.press('Send the link', { email: phone })
  await later.open(linkTo(app, phone))
  await later.press('Save', { password: 'correct horse 2' })
  await later.press('Sign in', { email: phone, password: 'correct horse 2' })
  t.match(later.shown.url, '/auth/second-factor/sms')
})
