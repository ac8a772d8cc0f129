import type { BrowserContextOptions } from 'playwright-core'
import t, { type Test } from 'tap'
import { otherThan } from '../harness/stock-pages.js'
import { credentialsOf, enterCode, newAccount, signIn } from './accounts.js'
import { arrive } from './person.js'
import { codeFor, linkFor } from './stage.js'

interface Way { language: string, name?: string, browser?: BrowserContextOptions }

/** Everything on the way in: a new account, both factors, a second visit, a forgotten password. */
async function wholeWay (t: Test, { language, name, browser = {} }: Way): Promise<void> {
  const account = newAccount(name)
  const person = await arrive(t, { language, browser })
  await person.sees('Sign in')
  await person.picture('sign-in')
  await person.follow('Create an account')
  await person.press('Create an account', { ...credentialsOf(account), Password: 'short' })
  t.equal(await person.page.getByLabel(person.say('Password'), { exact: true }).getAttribute('aria-invalid'), 'true')
  await person.press('Create an account', { Password: account.password })

  await person.sees('Confirm your address')
  await person.press('Send it again')
  await person.open(await linkFor(account.email))
  await person.press('Confirm the address')
  await person.sees('Second factor')
  await person.follow('A code by text message')
  await person.press('Send the code', { 'Phone number': account.phone })
  await person.picture('code')
  await person.press('Continue', { 'Code from the message': otherThan(await codeFor(account.phone)) })
  await person.reads('This code is wrong. Please try again.')
  await enterCode(person, account.phone)
  await person.press('I have saved them')
  await person.sees('My security')

  await person.press('Sign out')
  await person.sees('Sign in')
  await person.press('Sign in', { ...credentialsOf(account), Password: 'wrong horse 1' })
  await person.reads('The address or the password is wrong.')
  await person.press('Sign in', credentialsOf(account))
  await person.reads('We have sent you a code. Enter it here.')
  await enterCode(person, account.phone)
  await person.sees('My security')

  await person.press('Sign out')
  await person.follow('Forgot your password?')
  await person.press('Send the link', { 'E-mail address': account.email })
  await person.reads('If there is an account, a message with a link is on its way. Open the link to choose a new password.')
  await person.open(await linkFor(account.email))
  await person.press('Save', { 'New password': 'correct horse 2' })
  await person.reads('Your password has been changed. Please sign in with the new one.')
  await signIn(person, { ...account, password: 'correct horse 2' })
  await person.sees('My security')
}

t.test('the whole way in, in English', async (t) => {
  await wholeWay(t, { language: 'en', name: 'alice', browser: { viewport: { width: 560, height: 640 } } })
})

t.test('the whole way in, in German, without JavaScript', async (t) => {
  await wholeWay(t, { language: 'de', browser: { javaScriptEnabled: false, viewport: { width: 320, height: 640 } } })
})

t.test('the whole way in, in Japanese, on a narrow phone in the dark', async (t) => {
  await wholeWay(t, { language: 'ja', browser: { viewport: { width: 320, height: 640 }, colorScheme: 'dark', hasTouch: true } })
})

t.test('an app\'s own language, from right to left', async (t) => {
  const person = await arrive(t, { language: 'ar' })
  t.equal(await person.page.locator('h1').evaluate((heading) => getComputedStyle(heading).direction), 'rtl')
  await person.open('/auth/sign-up')
})
