import { convertToRecipeUserId } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import * as ThirdParty from 'supertokens-node/recipe/thirdparty'
import t from 'tap'
import { newPhoneNumber } from '../../src/testing/index.js'
import { confirmBySms, securityApp } from './security.js'
import { linkTo, visit } from './visit.js'

const app = await securityApp({ emailVerification: 'required', thirdPartyProviders: [{ config: { thirdPartyId: 'github', clients: [{ clientId: 'a', clientSecret: 'b' }] } }] })

t.test('whose address has to be verified does that first, and comes back', async (t) => {
  const person = visit(app)
  await person.post('/auth/sign-up', { email: 'alice@example.com', password: 'correct horse 1' })
  await person.open('/auth/security/password')
  t.match(person.shown, { title: 'Confirm your address', url: '/auth/verify-email?redirect=%2Fauth%2Fsecurity%2Fpassword' })
  await person.press('Send it again')
  await person.open(linkTo(app, 'alice@example.com'))
  await person.press('Confirm the address')
  t.equal(person.shown.title, 'Second step')
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await confirmBySms(app, person, phone)
  t.match(person.shown, { title: 'Change the password', url: '/auth/security/password' })
})

t.test('an account without a password has none to change', async (t) => {
  const made = await ThirdParty.manuallyCreateOrUpdateUser('public', 'github', 'bob', 'bob@example.com', true)
  if (made.status !== 'OK') throw new Error(made.status)
  const session = await Session.createNewSessionWithoutRequestResponse('public', convertToRecipeUserId(made.user.id))
  const { accessToken } = session.getAllSessionTokensDangerously()
  const person = visit(app)
  person.jar.set('sAccessToken', { value: accessToken, path: '/' })
  const phone = newPhoneNumber()
  await person.open('/auth/second-factor')
  await person.press('Send the code', { contact: phone })
  await confirmBySms(app, person, phone)
  await person.open('/auth/security')
  t.equal(person.shown.title, 'My security')
  t.notMatch(person.shown.text, /How you sign in|Change the password|Change the e-mail address/)
  await person.post('/auth/security/password', { oldPassword: 'x', newPassword: 'correct horse 1' })
  t.match(person.shown, { status: 422, text: /This account has no password/ })
  await person.open('/auth/security/email')
  t.equal(person.shown.url, '/auth/security')
})
