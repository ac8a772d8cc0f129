import t from 'tap'
import type { PageText } from '../../../src/language/page-sentences.js'
import { advance } from '../../../src/testing/index.js'
import { credentialsOf, enterCode, newAccount, signIn, signUpWithPhone } from './accounts.js'
import { arrive, type Person } from './person.js'
import { codeFor, foreignOrigin, holdAnswer, linkFor, origin, putForeignPage } from './stage.js'

/** Another site's own page, and what the browser says of what it tried. */
const OF_A_STRANGER = [new RegExp(`^${foreignOrigin}/`), /^console: /, /^failed: /, /^403 \/auth/]

/** Of somebody who signs up first, and signs in in each further test. */
const account = newAccount()

t.test('somebody signs up', async (t) => {
  const person = await arrive(t)
  await signUpWithPhone(person, account)
  await person.sees('My security')
})

t.test('a link that would lead on to another site leads nowhere else', async (t) => {
  const person = await arrive(t)
  for (const redirect of [foreignOrigin, foreignOrigin.slice('http:'.length), `/\\${new URL(foreignOrigin).host}`, 'javascript:alert(1)']) {
    await person.open(`/auth?redirect=${encodeURIComponent(redirect)}`)
    await signIn(person, account)
    t.equal(person.place, '/auth/security', redirect)
    await person.press('Sign out')
  }
  await person.open('/auth?redirect=%2Fauth%2Fsecurity%2Fpassword')
  await signIn(person, account)
  await person.sees('Change the password')
})

t.test('a page that another site frames shows nothing', async (t) => {
  const person = await arrive(t, { allow: OF_A_STRANGER })
  await signIn(person, account)
  for (const path of ['/auth', '/auth/security', '/auth/security/password']) {
    await person.page.goto(putForeignPage('/frame', `<h1>A prize</h1><iframe src="${origin}${path}"></iframe>`))
    const [frame] = person.page.frames().filter((one) => one.parentFrame() !== null)
    t.equal(await frame?.locator('form, input, a').count(), 0, path)
    t.notMatch(frame?.url(), origin)
  }
})

t.test('a form of another site is refused by a page that leads back', async (t) => {
  const person = await arrive(t, { allow: OF_A_STRANGER })
  await signIn(person, account)

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
  await person.sees('Second factor')
})

/** Presses a button, and once more before the answer is there. Without scripts, that sends the form again. */
async function pressTwice (person: Person, name: PageText, path: string, javaScriptEnabled: boolean): Promise<void> {
  const { isDone, release } = holdAnswer(path)
  const { x, y } = (await person.button(name).boundingBox())!
  await person.leave(async () => {
    // Locators would wait for the answer.
    await person.page.mouse.click(x + 5, y + 5)
    await isDone
    const again = javaScriptEnabled || person.page.waitForRequest((request) => request.method() === 'POST' && new URL(request.url()).pathname === path)
    await person.page.mouse.click(x + 5, y + 5)
    await again
    release()
  })
}

for (const javaScriptEnabled of [true, false]) {
  t.test(`a button that is pressed twice does its work once, ${javaScriptEnabled ? 'and sends the form once' : 'also without JavaScript'}`, async (t) => {
    const person = await arrive(t, { browser: { javaScriptEnabled } })
    const sent: string[] = []
    person.page.on('request', (request) => { if (request.method() === 'POST') sent.push(new URL(request.url()).pathname) })
    await person.fill(credentialsOf(account))
    await pressTwice(person, 'Sign in', '/auth', javaScriptEnabled)
    await person.reads('We have sent you a code. Enter it here.')
    if (javaScriptEnabled) {
      await person.fill({ 'Code from the message': await codeFor(account.phone) })
      await pressTwice(person, 'Continue', '/auth/second-factor/sms', javaScriptEnabled)
    } else await enterCode(person, account.phone)
    await person.sees('My security')

    await person.follow('Change the password')
    const password = javaScriptEnabled ? 'correct horse 2' : 'correct horse 3'
    await person.fill({ 'Current password': account.password, 'New password': password })
    await pressTwice(person, 'Change the password', '/auth/security/password', javaScriptEnabled)
    if (javaScriptEnabled) {
      await person.reads('Your password is changed.')
      t.strictSame(sent, ['/auth', '/auth/second-factor/sms', '/auth/security/password'])
    } else t.match(await person.page.locator('main').innerText(), 'This is not your password', 'the second form comes too late')

    await person.open('/auth/security')
    await person.press('Sign out')
    account.password = password
    await signIn(person, account)
    await person.sees('My security')
  })
}

t.test('a code that is sent twice, the answer being lost, leads back to the sign-in, which says why', async (t) => {
  const person = await arrive(t, { browser: { javaScriptEnabled: false } })
  await person.press('Sign in', credentialsOf(account))
  await person.fill({ 'Code from the message': await codeFor(account.phone) })
  await pressTwice(person, 'Continue', '/auth/second-factor/sms', false)
  await person.reads('Your session has ended. Please sign in again.')
  await signIn(person, account)
  await person.sees('My security')
})

t.test('a link that is too old, or was used, leads to a new one', async (t) => {
  const person = await arrive(t)
  await person.follow('Forgot your password?')
  await person.press('Send the link', { 'E-mail address': account.email })
  const old = await linkFor(account.email)
  advance('2d')
  await person.open(old)
  await person.press('Save', { 'New password': 'correct horse 4' })
  await person.reads('This link is too old, or was used already. Please ask for a new one.')

  await person.press('Send the link', { 'E-mail address': account.email })
  const link = await linkFor(account.email)
  await person.open(link)
  await person.press('Save', { 'New password': 'correct horse 4' })
  await person.sees('Sign in')
  await person.open(link)
  await person.press('Save', { 'New password': 'correct horse 5' })
  await person.reads('This link is too old, or was used already. Please ask for a new one.')
})
