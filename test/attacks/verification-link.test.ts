import t from 'tap'
import { createTestSession, newPhoneNumber, passSecondFactor, signIn, signUp, type TransferMethod } from '../../src/testing/index.js'
import { build } from '../helper.js'

const NEW_PASSWORD = 'correct horse 2'

for (const transferMethod of ['cookie', 'header'] as const satisfies TransferMethod[]) {
  t.test(`one click of a victim on a mail that they did not ask for verifies nobody (${transferMethod} session)`, async (t) => {
    const app = await build(t, { emailVerification: 'required' })
    // Mallory signs up with the victim's address, with two sessions.
    const mallory = await signUp(app, { transferMethod })
    const second = await signIn(app, { ...mallory, transferMethod })
    for (const { session } of [mallory, second]) await session.inject({ method: 'POST', url: '/auth/user/email/verify/token' })
    const links = app.twoFactor.outbox.entries().filter(({ to }) => to === mallory.email).map(({ link }) => new URL(String(link)).searchParams.get('token'))
    t.equal(links.length, 2)

    const stranger = createTestSession(app, transferMethod)
    const signedIn = await signUp(app, { transferMethod })
    for (const token of links) {
      for (const session of [stranger, signedIn.session]) {
        const response = await session.inject({ method: 'POST', url: '/auth/user/email/verify', payload: { method: 'token', token } })
        t.match(response.json(), { status: 'GENERAL_ERROR', message: /open the link again/ })
      }
    }
    for (const { session } of [mallory, second]) {
      t.same((await session.inject('/auth/user/email/verify')).json(), { status: 'OK', isVerified: false })
      const code = await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
      t.match({ statusCode: code.statusCode, ...code.json() }, { statusCode: 403, claimValidationErrors: [{ id: 'st-ev' }] })
    }

    // The victim's way to the account leads through the mailbox as well, and out of Mallory's hands.
    await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: mallory.email }] } })
    const token = new URL(String(app.twoFactor.outbox.last(mallory.email)?.link)).searchParams.get('token')
    await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [{ id: 'password', value: NEW_PASSWORD }] } })
    for (const { session } of [mallory, second]) t.equal((await session.inject('/auth/user/email/verify')).statusCode, 401)
    const victim = { ...await signIn(app, { ...mallory, password: NEW_PASSWORD, transferMethod }), phoneNumber: newPhoneNumber() }
    await passSecondFactor(app, victim)
    t.equal((await victim.session.inject('/me')).statusCode, 200)
  })
}
