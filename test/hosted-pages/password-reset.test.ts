import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { buildPages, linkTo, visit } from './visit.js'

const logged: string[] = []
const stream = { write: (line: string) => { logged.push(line) } }
// Hosts' own loggers write the URL.
const app = await buildPages(t, { passwordMinLength: 8 }, { logger: { level: 'trace', stream } })

t.test('a forgotten password is chosen anew by a link, and where the person wanted to go is kept', async (t) => {
  const { email, phoneNumber } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth?redirect=%2Fsessioninfo')
  await person.follow('Forgot your password?')
  await person.press('Send the link', { email })
  t.match(person.shown, { status: 200, url: /\/auth\/reset-password\?.*sent=1/, text: /If there is an account, a message with a link is on its way/ })

  await person.open(linkTo(app, email))
  t.match(person.shown, { status: 200, title: 'Choose a new password' })
  await person.press('Save', { password: 'short' })
  t.match(person.shown, { status: 422, text: /Please choose a password of at least 8 characters/ })
  t.ok(person.shown.document.querySelector('#password[aria-invalid]'), 'the field is marked')
  await person.press('Save', { password: 'correct horse 2' })
  t.match(person.shown, { title: 'Sign in', text: /Your password has been changed/ })
  await person.press('Sign in', { email, password: 'correct horse 2' })
  t.match(person.shown.url, '/auth/second-factor/sms')
  await person.press('Continue', { code: app.twoFactor.outbox.last(phoneNumber)!.code! })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })
})

t.test('an unknown address gets the same page, and no mail', async (t) => {
  const { email } = await signInWithSecondFactor(app)
  const pages = await Promise.all([email, 'nobody@example.com'].map(async (one) => {
    const person = visit(app)
    await person.open('/auth/reset-password')
    return (await person.press('Send the link', { email: one })).document.toString()
  }))
  t.equal(pages[0], pages[1])
  t.equal(app.twoFactor.outbox.last('nobody@example.com'), undefined)
})

t.test('an expired or used link leads to the form that asks for another one', async (t) => {
  const { email } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth/reset-password')
  await person.press('Send the link', { email })
  const link = linkTo(app, email)
  for (const password of ['correct horse 3', 'correct horse 4']) {
    await person.open(link)
    await person.press('Save', { password })
  }
  t.match(person.shown, { status: 422, text: /This link is too old, or was used already/ })
  await person.press('Send the link', { email })
  t.match(person.shown.text, 'is on its way')
})

t.test('a signed-in browser is signed out by a reset, so that nobody goes on in a session that has ended', async (t) => {
  const { email, phoneNumber, password } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  await person.press('Continue', { code: app.twoFactor.outbox.last(phoneNumber)!.code! })
  await person.open('/auth/reset-password')
  await person.press('Send the link', { email })
  await person.open(linkTo(app, email))
  await person.press('Save', { password: 'correct horse 5' })
  t.match(person.shown, { title: 'Sign in', text: /Your password has been changed/ })
})

t.test('the token is in no log and in no referrer', async (t) => {
  const person = visit(app)
  const { headers } = await person.open('/auth/reset-password?token=secret')
  const urls = logged.filter((line) => line.includes('"req":{')).join('')
  t.match(urls, '"url":"/auth/reset-password"')
  t.notOk(urls.includes('token='))
  t.equal(headers['referrer-policy'], 'same-origin')
  t.equal(headers['cache-control'], 'no-store')
  t.notOk(person.shown.document.toString().replace('value="secret"', '').includes('secret'))
})
