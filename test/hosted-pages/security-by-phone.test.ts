import t from 'tap'
import { newPhoneNumber } from '../../src/testing/index.js'
import { codeFor, securityApp, signInAgain, signUpWithPhone } from './security.js'

const app = await securityApp({ firstFactor: 'phone-password', secondFactors: ['sms', 'totp'], exposePhoneNumber: false })

const masked = (phone: string): string => `${phone.slice(0, 2)}••••••••${phone.slice(-2)}`

t.test('the number is masked, cannot be removed, and is the login', async (t) => {
  const { person, account } = await signUpWithPhone(app, { byPhone: true })
  t.match(person.shown.text, `A code by text message to ${masked(account.phone)}`)
  t.notMatch(person.shown.document.toString(), account.phone.slice(1))
  t.notMatch(person.shown.text, /Remove|Change the e-mail address|You sign in with/)
  t.match(person.shown.text, 'You get a text message of this kind')
  await person.open('/auth/security/email')
  t.equal(person.shown.status, 404)

  const phone = newPhoneNumber()
  await person.open('/auth/security')
  await person.follow('Change the phone number')
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown.text, new RegExp(`Codes now go to your new number.*${masked(phone).replace('+', '.')}`))
  const again = await signInAgain(app, { ...account, login: phone })
  t.equal(again.shown.title, 'Second step')
})

t.test('the password changes with the old one', async (t) => {
  const { person, account } = await signUpWithPhone(app, { byPhone: true })
  await person.follow('Change the password')
  await person.press('Change the password', { oldPassword: account.password, newPassword: 'correct horse 2' })
  t.match(person.shown.text, 'Your password is changed.')
})
