import t from 'tap'
import { advance, newPhoneNumber } from '../../src/testing/index.js'
import { codeFor, confirmBySms, securityApp, signInAgain, signUpWithPhone } from './security.js'
import { visit } from './visit.js'

const app = await securityApp()

t.test('shows what there is of the account', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  const { text, title, document } = person.shown
  t.equal(title, 'My security')
  for (const shown of [account.phone, account.login, 'You are here now', 'Messages about your account', 'The password of your fastify-2fa account was changed', 'Change the password']) t.match(text, shown)
  t.notMatch(text, /Known browsers|Recovery codes|Somebody is recovering|Remove/, 'nothing that is off, and no way to remove the only factor')
  t.strictSame(document.querySelectorAll('h1, h2').map(({ tagName }) => tagName).join(), 'H1,H2,H2,H2,H2', 'headings in their order')
  t.strictSame([...new Set(document.querySelectorAll('section').map((one) => document.getElementById(one.getAttribute('aria-labelledby')!)?.tagName))], ['H2'], 'sections have names')
})

t.test('who is not signed in comes back after both factors', async (t) => {
  const { account } = await signUpWithPhone(app)
  const person = visit(app)
  await person.open('/auth/security/password')
  t.match(person.shown, { title: 'Sign in', url: '/auth?redirect=%2Fauth%2Fsecurity%2Fpassword' })
  await person.press('Sign in', { email: account.login, password: account.password })
  t.match(person.shown, { title: 'Second step' })
  await confirmBySms(app, person, account.phone)
  t.match(person.shown, { title: 'Change the password', url: '/auth/security/password' })
})

t.test('another phone: a code to the new number, and other browsers are signed out', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  const other = await signInAgain(app, account)
  await confirmBySms(app, other, account.phone)
  await other.open('/auth/security')
  t.match(other.shown.title, 'My security')

  await person.open('/auth/security')
  await person.follow('Change the phone number')
  t.match(person.shown, { title: 'Change the phone number', text: new RegExp(`Codes go to .${account.phone.slice(1)} now`) })
  await person.press('Send the code', { contact: '12' })
  t.match(person.shown, { status: 422, text: /Phone number is invalid/ })
  t.equal(person.shown.document.querySelector('#contact')?.getAttribute('value'), '12', 'what was typed is still there')
  await person.press('Send the code', { contact: account.phone })
  t.match(person.shown, { status: 422, text: /Codes go there already/ })

  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await person.open(person.shown.url)
  t.match(person.shown.text, 'We have sent you a code. Enter it here.', 'also after a reload')
  await person.press('Continue', { code: codeFor(app, phone) === '000000' ? '000001' : '000000' })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { url: '/auth/security', text: /Codes now go to your new number\./ })
  t.match(person.shown.text, phone)
  await person.open('/auth/security')
  t.notMatch(person.shown.text, 'Codes now go', 'said once')

  await other.open('/auth/security')
  t.equal(other.shown.title, 'Sign in')
  await person.post('/auth/security/phone/code', { code: '123456' })
  t.match(person.shown, { title: 'Change the phone number', status: 200 }, 'a form that is sent again begins anew')
})

t.test('a change that needs a fresh factor asks for it first, and comes back', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  advance('6m')
  await person.follow('Change the phone number')
  t.match(person.shown, { title: 'Second step', text: /please confirm once more that it is you/ })
  await confirmBySms(app, person, account.phone)
  t.match(person.shown, { title: 'Change the phone number', url: '/auth/security/phone?confirmed=1' })

  advance('6m')
  await person.open(person.shown.url)
  t.match(person.shown, { title: 'Second step', text: /please confirm once more/ }, 'also a page that is loaded again later')
  await confirmBySms(app, person, account.phone)

  advance('6m')
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  t.match(person.shown, { title: 'Second step', text: /please confirm once more that it is you/ }, 'also where the form was left open')
  t.notMatch(person.shown.url, phone.slice(1), 'no number in an address')
  await confirmBySms(app, person, account.phone)
  t.equal(person.shown.document.querySelector('#contact')?.getAttribute('value'), phone, 'what was typed is back')
  await person.press('Send the code')
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown.text, 'Codes now go to your new number.')
})

t.test('what was typed belongs to its form, and to whoever typed it', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Change the phone number')
  advance('6m')
  await person.press('Send the code', { contact: newPhoneNumber() })
  await person.press('Sign out')
  t.notOk(person.jar.has('fastify-2fa-note'))

  const other = await signInAgain(app, account)
  await confirmBySms(app, other, account.phone)
  await other.open('/auth/security/phone')
  advance('6m')
  await other.press('Send the code', { contact: newPhoneNumber() })
  await confirmBySms(app, other, account.phone)
  t.not(other.shown.document.querySelector('#contact')?.getAttribute('value'), undefined)
  await other.open('/auth/security/phone')
  t.equal(other.shown.document.querySelector('#contact')?.getAttribute('value'), undefined, 'once')
})

t.test('an access token that has expired meanwhile loses nothing', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Change the password')
  advance('2h')
  await person.press('Change the password', { oldPassword: account.password, newPassword: 'correct horse 4' })
  t.match(person.shown, { url: /^\/auth\/security/, text: /Your password is changed/ })
})

t.test('the last factor is not removed', async (t) => {
  const { person } = await signUpWithPhone(app)
  await person.open('/auth/security/phone/remove')
  await person.press('Remove')
  t.match(person.shown, { status: 422, title: 'Remove codes by text message', text: /This is the only second factor of your account/ })
})

t.test('another password, with the old one', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Change the password')
  await person.press('Change the password', { oldPassword: 'wrong horse 1', newPassword: 'correct horse 2' })
  t.match(person.shown, { status: 422, text: /This is not your password/ })
  t.equal(person.shown.document.querySelector('#oldPassword')?.getAttribute('aria-describedby'), 'oldPassword-error')
  t.equal(person.shown.document.querySelector('#oldPassword')?.getAttribute('value'), undefined, 'no password comes back')
  await person.press('Change the password', { oldPassword: account.password, newPassword: account.password })
  t.match(person.shown.document.querySelector('#newPassword-error')?.text, 'This is the password that you have now')
  await person.press('Change the password', { oldPassword: account.password, newPassword: 'correct horse 2' })
  t.match(person.shown, { url: '/auth/security', text: /Your password is changed\./ })
  const again = await signInAgain(app, { ...account, password: 'correct horse 2' })
  t.equal(again.shown.title, 'Second step')
})

t.test('another address to sign in with, by a link', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  advance('6m')
  await person.follow('Change the e-mail address')
  await confirmBySms(app, person, account.phone)
  t.match(person.shown, { title: 'Change the e-mail address' })
  t.equal(person.shown.document.querySelector('#password'), null, 'the factor that has just passed is enough')
  await person.press('Send the link', { email: 'nobody' })
  t.match(person.shown.document.querySelector('#email-error')?.text, 'Email is invalid')
  await person.press('Send the link', { email: `new-${account.login}` })
  t.match(person.shown, { url: '/auth/security', text: /We have sent a link to your new address/ })
  await person.open(app.twoFactor.outbox.last(`new-${account.login}`)!.link!)
  await person.press('Confirm the address')
  await person.open('/auth/security')
  t.match(person.shown.text, `You sign in with new-${account.login}`)
})

t.test('ends another session, all others, and its own', async (t) => {
  const firefox = { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' } }
  const { person, account } = await signUpWithPhone(app)
  const other = await signInAgain(app, account, firefox)
  await person.open('/auth/security')
  t.match(person.shown.text, /Firefox on Linux.*Without a second step/)
  const stale = person.shown.document.querySelector('input[name=id]')!.getAttribute('value')!
  await person.press('Sign out: Firefox on Linux')
  t.match(person.shown, { url: '/auth/security', text: /That browser is signed out\./ })
  t.notMatch(person.shown.text, 'Firefox')
  await person.post('/auth/security/sessions/end', { id: stale })
  t.match(person.shown.text, 'This was removed already.', 'a second press')
  await other.open('/auth/security')
  t.equal(other.shown.title, 'Sign in')

  for (let i = 0; i < 2; i++) await signInAgain(app, account, firefox)
  await person.open('/auth/security')
  await person.press('Sign out everywhere else')
  t.match(person.shown.text, 'You are signed out everywhere else.')
  t.notMatch(person.shown.text, 'Firefox')
  await person.press(/^Sign out$/)
  t.equal(person.shown.title, 'Sign in')
})

t.test('a session that has ended meanwhile leads to sign-in, and changes nothing', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  const other = await signInAgain(app, account)
  await confirmBySms(app, other, account.phone)
  await other.open('/auth/security')
  await person.open('/auth/security/password')
  await other.press('Sign out everywhere else')
  await person.press('Change the password', { oldPassword: account.password, newPassword: 'correct horse 3' })
  t.equal(person.shown.title, 'Sign in')
  const again = await signInAgain(app, account)
  t.equal(again.shown.title, 'Second step', 'the password is the old one')
})

t.test('in six languages, with times of that language', async (t) => {
  for (const [language, title] of [['de', 'Meine Sicherheit'], ['fr', 'Ma sécurité'], ['es', 'Mi seguridad'], ['pt', 'Minha segurança'], ['ja', 'セキュリティ']] as const) {
    const { person } = await signUpWithPhone(app, { language })
    t.equal(person.shown.title, title)
    t.equal(person.shown.document.querySelector('html')?.getAttribute('lang'), language)
    const time = person.shown.document.querySelector('time')!
    t.equal(time.text, `${new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(time.getAttribute('datetime')!))} UTC`)
  }
})

t.test('leads back to the website that a person came from, and to no stranger', async (t) => {
  const { person } = await signUpWithPhone(app)
  await person.open('/auth/security?redirect=%2Fapp')
  t.ok(person.shown.document.querySelectorAll('a').some((link) => link.getAttribute('href') === '/app' && link.text === 'Back to fastify-2fa'))
  await person.open('/auth/security?redirect=https%3A%2F%2Fevil.example')
  t.notMatch(person.shown.text, 'Back to')
})
