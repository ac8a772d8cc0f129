import supertokens from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import t from 'tap'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { toE164 } from '../../src/phone/number.js'
import { build } from '../helper.js'
import { isRefused } from '../refused.js'

const options = { firstFactor: 'phone-password', defaultCountry: 'US' } as const

/** As people type it: `+1 (212) 555-0101`. */
const typed = (e164: string) => e164.replace(/^\+1(\d{3})(\d{3})/, '+1 ($1) $2-')

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`sign-up by phone, code, protected route, with a ${transferMethod} session`, async (t) => {
    const app = await build(t, options)
    const user = await signUp(app, { transferMethod })
    const before = await user.session.inject('/sessioninfo')
    t.equal(before.statusCode, 403)
    t.equal(before.json().claimValidationErrors[0].id, 'phone-verified')
    await passSecondFactor(app, user)
    const after = await user.session.inject('/sessioninfo')
    t.match(after.json(), { userId: user.userId, accessTokenPayload: { 'phone-verified': { v: true }, phoneNumber: user.phoneNumber } })
    t.same((await user.session.inject('/me')).json().emails, [user.phoneNumber])
  })
}

t.test('two spellings of a number are one account', async (t) => {
  const app = await build(t, options)
  const phoneNumber = newPhoneNumber()
  const user = await signInWithSecondFactor(app, { email: typed(phoneNumber), phoneNumber })
  const fields = (email: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: user.password }] })

  const second = await app.inject({ method: 'POST', url: '/auth/signup', payload: fields(phoneNumber) })
  t.match(second.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email' }] })
  for (const spelling of [phoneNumber, typed(phoneNumber), `  ${phoneNumber} `, phoneNumber.slice(2)]) {
    const signedIn = await signIn(app, { ...user, email: spelling })
    t.equal(signedIn.userId, user.userId, spelling)
    await passSecondFactor(app, signedIn)
    t.equal((await signedIn.session.inject('/me')).statusCode, 200)
  }
})

t.test('the code goes to the account\'s own number and to no other', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  isRefused(t, response, 'AUTH_PHONE_MISMATCH')
  t.same(app.twoFactor.outbox.entries(), [])
})

t.test('what is no phone number makes no account', async (t) => {
  const app = await build(t, options)
  for (const email of ['someone@example.com', '12', '+1 000']) {
    const response = await app.inject({
      method: 'POST', url: '/auth/signup', payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }] }
    })
    t.same(response.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email', error: 'This phone number is not valid. Please enter it with its country code, such as +1 212 555 0123.' }] }, email)
  }
})

t.test('the password cannot be reset through the phone that is the second factor', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  for (const url of ['/auth/user/password/reset/token', '/auth/user/password/reset']) {
    const response = await app.inject({ method: 'POST', url, payload: { formFields: [{ id: 'email', value: user.phoneNumber }], token: 'x' } })
    t.match(response.json(), { status: 'GENERAL_ERROR', code: 'AUTH_FEATURE_OFF', message: 'Passwords cannot be reset here. Please contact support.' }, url)
  }
})

t.test('nobody learns which numbers have accounts', async (t) => {
  const app = await build(t, options)
  const { phoneNumber } = await signUp(app)
  for (const path of ['/auth/emailpassword/email/exists?email=', '/auth/signup/email/exists?email=', '/auth/passwordless/phonenumber/exists?phoneNumber=']) {
    t.same((await app.inject(path + encodeURIComponent(phoneNumber))).json(), { status: 'OK', exists: false }, path)
  }
})

t.test('a code of one account is no code of another that shares the password', async (t) => {
  const app = await build(t, options)
  const [mallory, alice] = [await signUp(app), await signUp(app)]
  const challenge = await requestCode(app, mallory)
  const thief = createTestSession(app)
  for (const [name, value] of alice.session.cookies) thief.cookies.set(name, value)
  const response = await thief.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.same(response.json(), { status: 'RESTART_FLOW_ERROR' })
  t.equal((await alice.session.inject('/me')).statusCode, 403)
})

const fields = (email: string, password: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })

t.test('a number as it is pasted is the account\'s number', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  const national = user.phoneNumber.slice(2)
  for (const pasted of [`\u202a${user.phoneNumber}\u202c`, `tel:${user.phoneNumber}`, `001${national}`, `+1\u00a0${national}`, `\uff0b1${national.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)))}`]) {
    const again = await app.inject({ method: 'POST', url: '/auth/signup', payload: fields(pasted, user.password) })
    t.match(again.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email' }] }, JSON.stringify(pasted))
    const signedIn = await signIn(app, { ...user, email: pasted })
    t.equal(signedIn.userId, user.userId)
    const asked = await signedIn.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: pasted } })
    t.equal(asked.json().status, 'OK')
    t.equal(app.twoFactor.outbox.last()?.to, user.phoneNumber)
  }
})

t.test('one person has one account where numbers are written in two ways', async (t) => {
  const app = await build(t, options)
  for (const [first, second] of [['+52 1 55 1234 5670', '+52 55 1234 5670'], ['+55 11 98765 4320', '+55 11 8765 4320'], ['+54 9 11 2345 6780', '+54 11 15 2345 6780']] as const) {
    const user = await signInWithSecondFactor(app, { email: first, phoneNumber: toE164(first)! })
    const again = await app.inject({ method: 'POST', url: '/auth/signup', payload: fields(second, user.password) })
    t.match(again.json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email' }] }, second)
    t.equal((await signIn(app, { ...user, email: second })).userId, user.userId)
  }
})

t.test('an account that is stored in an earlier form of its number stays an account', async (t) => {
  const app = await build(t, options)
  const password = 'correct horse 1'
  // As another release or another system stored it: not by way of the normalisation.
  const made = await EmailPassword.signUp('public', '+12125550000', password)
  if (made.status !== 'OK') throw new Error(made.status)
  const { core } = app.twoFactor
  const stored = await core.fetch(`${core.connectionURI}/recipe/user`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'cdi-version': '5.4', rid: 'emailpassword' },
    body: JSON.stringify({ recipeUserId: made.recipeUserId.getAsString(), email: '+5215587654321' })
  })
  t.equal((await stored.json() as { status: string }).status, 'OK')

  for (const typed of ['+52 1 55 8765 4321', '+52 55 8765 4321', '\u202a+5215587654321']) {
    const session = createTestSession(app)
    const signedIn = await session.inject({ method: 'POST', url: '/auth/signin', payload: fields(typed, password) })
    t.match(signedIn.json(), { status: 'OK', user: { id: made.user.id } }, typed)
    await passSecondFactor(app, { session, userId: made.user.id, email: typed, password, phoneNumber: '+525587654321' })
    t.equal((await session.inject('/me')).statusCode, 200)
    t.match((await app.inject({ method: 'POST', url: '/auth/signup', payload: fields(typed, password) })).json(), { status: 'FIELD_ERROR' }, typed)
  }
  t.equal((await EmailPassword.verifyCredentials('public', '+52 55 8765 4321', password)).status, 'OK', 'for a host too')
  t.equal((await supertokens.listUsersByAccountInfo('public', { email: '+525587654321' })).length, 0)
})
