import t from 'tap'
import { advance } from '../../../src/testing/index.js'
import { credentialsOf, enterCode, newAccount, signUpWithPhone } from './accounts.js'
import { arrive } from './person.js'
import { app, foreignOrigin, linkFor, origin, putForeignPage } from './stage.js'

/** Another site's own page, and what the browser says of what it tried. */
const OF_A_STRANGER = [new RegExp(`^${foreignOrigin}/`), /^console: /, /^failed: /, /^403 \/auth/]

t.test('a link that would lead on to another site leads nowhere else', async (t) => {
  const account = newAccount()
  const person = await arrive(t)
  await signUpWithPhone(person, account)
  for (const redirect of [foreignOrigin, foreignOrigin.slice('http:'.length), `/\\${new URL(foreignOrigin).host}`, 'javascript:alert(1)']) {
    await person.press('Sign out')
    await person.open(`/auth?redirect=${encodeURIComponent(redirect)}`)
    await person.press('Sign in', credentialsOf(account))
    await enterCode(person, account.phone)
    t.equal(person.place, '/auth/security', redirect)
  }
  await person.press('Sign out')
  await person.open('/auth?redirect=%2Fauth%2Fsecurity%2Fpassword')
  await person.press('Sign in', credentialsOf(account))
  await enterCode(person, account.phone)
  await person.sees('Change the password')
})

t.test('a page that another site frames shows nothing', async (t) => {
  const person = await arrive(t, { allow: OF_A_STRANGER })
  await signUpWithPhone(person, newAccount())
  for (const path of ['/auth', '/auth/security', '/auth/security/password']) {
    await person.page.goto(putForeignPage('/frame', `<h1>A prize</h1><iframe src="${origin}${path}"></iframe>`))
    const [frame] = person.page.frames().filter((one) => one.parentFrame() !== null)
    t.equal(await frame?.locator('form, input, a').count(), 0, path)
    t.notMatch(frame?.url(), origin)
  }
})

t.test('a form of another site is refused by a page that leads back', async (t) => {
  const account = newAccount()
  const person = await arrive(t, { allow: OF_A_STRANGER })
  await signUpWithPhone(person, account)

  const forms = {
    '/auth/security/password': { oldPassword: account.password, newPassword: 'password of a thief' },
    '/auth/sign-out': {},
    '/auth': { email: account.email, password: account.password }
  }
  for (const [path, fields] of Object.entries(forms)) {
    const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`).join('')
    await person.page.goto(putForeignPage('/form', `<form method="post" action="${origin}${path}">${inputs}<button>Win</button></form>`))
    await person.leave(() => person.page.getByRole('button', { name: 'Win' }).click())
    await person.sees('This did not work')
    t.match(await person.page.locator('main').innerText(), 'This form did not come from this page', path)
    await person.follow('Back to the start')
    t.equal(person.place, '/auth/security', 'the session goes on')
  }
  await person.press('Sign out')
  await person.press('Sign in', credentialsOf(account))
  await person.sees('Second step')
})

t.test('a link that is too old, or was used, leads to a new one', async (t) => {
  const account = newAccount()
  const person = await arrive(t)
  await signUpWithPhone(person, account)
  await person.press('Sign out')
  await person.follow('Forgot your password?')
  await person.press('Send the link', { 'E-mail address': account.email })
  const old = await linkFor(account.email)
  advance('2d')
  await person.open(old)
  await person.press('Save', { 'New password': 'correct horse 2' })
  await person.reads('This link is too old, or was used already. Please ask for a new one.')

  await person.press('Send the link', { 'E-mail address': account.email })
  const link = await linkFor(account.email)
  await person.open(link)
  await person.press('Save', { 'New password': 'correct horse 2' })
  await person.sees('Sign in')
  await person.open(link)
  await person.press('Save', { 'New password': 'correct horse 3' })
  await person.reads('This link is too old, or was used already. Please ask for a new one.')
})

for (const javaScriptEnabled of [true, false]) {
  t.test(`a button that is pressed twice does its work once, ${javaScriptEnabled ? 'and sends the form once' : 'also without JavaScript'}`, async (t) => {
    const account = newAccount()
    const person = await arrive(t, { browser: { javaScriptEnabled } })
    await signUpWithPhone(person, account)
    await person.press('Sign out')

    const sent: string[] = []
    person.page.on('request', (request) => { if (request.method() === 'POST') sent.push(new URL(request.url()).pathname) })
    await person.fill(credentialsOf(account))
    await person.leave(() => person.button('Sign in').dblclick())
    await person.page.getByLabel('Code from the message').waitFor()
    const code = app.twoFactor.outbox.last(account.phone)!.code!
    await person.fill({ 'Code from the message': code })
    await person.leave(() => person.button('Continue').dblclick())
    await person.page.waitForURL('**/auth/security')
    await person.sees('My security')
    if (javaScriptEnabled) t.strictSame(sent, ['/auth', '/auth/second-factor/sms'])
    await person.press('Sign out')
    await person.sees('Sign in')
  })
}
