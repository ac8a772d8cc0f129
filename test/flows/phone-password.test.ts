import t from 'tap'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'

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
  const user = await signUp(app, { email: typed(phoneNumber), phoneNumber })
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
  t.equal(response.statusCode, 403)
  t.equal(response.json().code, 'AUTH_PHONE_MISMATCH')
  t.same(app.outbox.entries(), [])
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
    t.equal(response.statusCode, 404, url)
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
