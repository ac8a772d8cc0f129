import { listUsersByAccountInfo } from 'supertokens-node'
import EmailVerification from 'supertokens-node/recipe/emailverification'
import t from 'tap'
import { newPhoneNumber } from '../../src/testing/index.js'
import { buildPages, codeFor, linkTo, visit } from './visit.js'

const app = await buildPages(t, { emailVerification: 'required' })

t.test('the address is confirmed by the link in the mail before anything else', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up?redirect=%2Fsessioninfo')
  await person.press('Create an account', { email: 'ada@example.com', password: 'correct horse 1' })
  t.match(person.shown, { url: /^\/auth\/verify-email/, title: 'Confirm your address' })
  const first = linkTo(app, 'ada@example.com')
  await person.press('Send it again')
  t.match(person.shown.text, 'We have sent it again')
  t.not(linkTo(app, 'ada@example.com'), first)
  await person.follow('Continue')
  t.equal(person.shown.title, 'Confirm your address', 'nothing else is there yet')

  await person.open(linkTo(app, 'ada@example.com'))
  t.match(person.shown, { status: 200, text: /Confirm the address/ })
  await person.open('/auth')
  t.equal(person.shown.title, 'Confirm your address', 'to open the link confirms nothing')
  await person.open(linkTo(app, 'ada@example.com'))
  await person.press('Confirm the address')
  t.match(person.shown, { title: 'Second factor', url: '/auth/second-factor/sms?redirect=%2Fsessioninfo' })
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })
})

t.test('whoever opens the link in another browser signs in first, and comes back to it', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: 'bob@example.com', password: 'correct horse 1' })
  const other = visit(app)
  await other.open(linkTo(app, 'bob@example.com'))
  t.match(other.shown, { status: 200, text: /Please sign in first/ })
  await other.follow('Sign in')
  await other.press('Sign in', { email: 'bob@example.com', password: 'correct horse 1' })
  t.match(other.shown, { url: /verify-email\?token=/, title: 'Confirm your address' })
  await other.press('Confirm the address')
  t.match(other.shown, { title: 'Second factor' })
  await person.follow('Continue')
  t.equal(person.shown.title, 'Sign in', 'the other session has ended')
})

t.test('a used link, a link of another account, and none at all', async (t) => {
  const [eve, mallory] = [visit(app), visit(app)]
  await eve.open('/auth/sign-up')
  await eve.press('Create an account', { email: 'eve@example.com', password: 'correct horse 1' })
  const link = linkTo(app, 'eve@example.com')
  await mallory.open('/auth/sign-up')
  await mallory.press('Create an account', { email: 'mallory@example.com', password: 'correct horse 1' })
  await mallory.open(link)
  await mallory.press('Confirm the address')
  t.match(mallory.shown, { status: 422, text: /signed in to another account/ })
  await mallory.open('/auth/verify-email?token=made-up')
  await mallory.press('Confirm the address')
  t.match(mallory.shown, { status: 422, text: /This link is too old, or was used already/ })
  await mallory.press('Send it again')
  t.match(mallory.shown.text, 'We have sent it again')

  await eve.open(link)
  await eve.press('Confirm the address')
  t.match(eve.shown.title, 'Second factor')
  await eve.open(link)
  await eve.press('Confirm the address')
  t.match(eve.shown, { status: 422, text: /too old, or was used already/ })
  await eve.follow('Continue')
  t.match(eve.shown.title, 'Second factor')

  const nobody = visit(app)
  await nobody.open('/auth/verify-email')
  t.equal(nobody.shown.title, 'Sign in')
})

t.test('somebody who has confirmed the address elsewhere goes on', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: 'zoe@example.com', password: 'correct horse 1' })
  const { default: EmailVerification } = await import('supertokens-node/recipe/emailverification/index.js')
  const token = new URL(app.twoFactor.outbox.last('zoe@example.com')!.link!).searchParams.get('token')!
  await EmailVerification.verifyEmailUsingToken('public', token)
  await person.press('Send it again')
  t.match(person.shown, { title: 'Second factor', url: '/auth/second-factor/sms' })
})

t.test('an address that the app itself verifies meanwhile: the person goes on, and round in no circles', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: 'meanwhile@example.com', password: 'correct horse 1' })
  const [user] = await listUsersByAccountInfo('public', { email: 'meanwhile@example.com' })
  const made = await EmailVerification.createEmailVerificationToken('public', user!.loginMethods[0]!.recipeUserId)
  if (made.status !== 'OK') throw new Error(made.status)
  await EmailVerification.verifyEmailUsingToken('public', made.token)
  await person.follow('Continue')
  t.match(person.shown, { status: 200, title: 'Second factor' })
})
