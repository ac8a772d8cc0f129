import t from 'tap'
import { advance, newPhoneNumber, resetClock, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { linkTo } from '../account/recovery.js'
import { buildPages, codeFor, visit } from './visit.js'

t.teardown(resetClock)
const app = await buildPages(t, { accountRecovery: true, secondFactors: ['sms', 'totp'], recoveryCodes: false, factorKeys: ['f'.repeat(32)] })

async function signIn ({ email, password }: SignedInUser) {
  const person = visit(app)
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  return person
}

t.test('who has lost the phone proves the mailbox, waits, and sets up a new one', async (t) => {
  const alice = await signInWithSecondFactor(app)
  const person = await signIn(alice)
  await person.follow('I have lost my second step')
  t.match(person.shown, { status: 200, title: 'Recover your account', text: /after a waiting time/ })
  await person.press('Send the code')
  await person.press('Continue', { code: '00000000' })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  await person.press('Continue', { code: codeFor(app, alice.email) })
  t.match(person.shown, { status: 200, text: /Your recovery has started\. Sign in again after .* UTC to finish it/ })
  t.notOk(person.shown.document.querySelector('#code'))

  advance('73h')
  const again = await signIn(alice)
  await again.follow('I have lost my second step')
  t.match(again.shown.text, 'The waiting time is over')
  await again.press('Send the code')
  await again.press('Continue', { code: codeFor(app, alice.email) })
  t.match(again.shown, { status: 200, text: /Which one do you want to use/ })
  await again.follow('A code by text message')
  const phone = newPhoneNumber()
  await again.press('Send the code', { contact: phone })
  await again.press('Continue', { code: codeFor(app, phone) })
  t.match(again.shown.url, '/auth/security')
})

t.test('a session from before the waiting time is told to sign in again, and a stopped recovery pauses', async (t) => {
  const bob = await signInWithSecondFactor(app)
  const person = await signIn(bob)
  await person.follow('I have lost my second step')
  await person.press('Send the code')
  await person.press('Continue', { code: codeFor(app, bob.email) })
  await app.twoFactor.delivered()
  await app.inject({ method: 'POST', url: '/auth/account/contest', payload: { token: new URL(linkTo(app, bob.phoneNumber)).searchParams.get('token') } })
  const later = await signIn(bob)
  t.match(later.shown.text, /choose a new password/i, 'the password has to be changed first')
})

t.test('nobody without the password sees it, and who is in has no need of it', async (t) => {
  const person = visit(app)
  await person.open('/auth/recover')
  t.match(person.shown, { url: '/auth', title: 'Sign in' })
  await person.post('/auth/recover/send', {})
  t.equal(person.shown.title, 'Sign in')
  const carol = await signInWithSecondFactor(app)
  const inside = await signIn(carol)
  await inside.press('Continue', { code: codeFor(app, carol.phoneNumber) })
  await inside.open('/auth/recover')
  t.equal(inside.shown.url, '/auth/security')
})

t.test('a password that has to be changed leads to the page that sends a link', async (t) => {
  const { forcePasswordChange } = await import('../../src/index.js')
  const dora = await signInWithSecondFactor(app)
  await forcePasswordChange(app, (await dora.session.inject('/sessioninfo')).json<{ userId: string }>().userId, { by: 'otto', reason: 'test' })
  const person = await signIn(dora)
  t.match(person.shown, { status: 422, title: 'Choose a new password' })
  t.equal(person.shown.document.querySelector('#email')!.getAttribute('value'), dora.email)
  await person.press('Send the link')
  t.match(person.shown.text, 'is on its way')
})
