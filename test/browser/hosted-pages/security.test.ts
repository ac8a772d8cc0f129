import t, { type Test } from 'tap'
import { advance, currentTotp, newPhoneNumber } from '../../../src/testing/index.js'
import { enterCode, newAccount, signIn, signUpWithPhone } from './accounts.js'
import { arrive, type Arrival, type Person } from './person.js'

/** Somebody who looks after their account. */
async function lookAfterAccount (t: Test, arrival: Arrival, account = newAccount(), endOthers?: (person: Person) => Promise<void>): Promise<void> {
  const person = await arrive(t, arrival)
  await signUpWithPhone(person, account)
  await endOthers?.(person)

  // What was passed a while ago vouches for no change.
  advance('6m')
  await person.follow('Change the phone number')
  await person.reads('For this change, please confirm once more that it is you.')
  await person.press('Send the code')
  await enterCode(person, account.phone)
  await person.sees('Change the phone number')
  await person.press('Send the code', { 'New phone number': '12' })
  const phone = newPhoneNumber()
  await person.press('Send the code', { 'New phone number': phone })
  await enterCode(person, phone)
  await person.reads('Codes now go to your new number.')

  await person.follow('Add an authenticator app')
  await person.press('Continue', { 'Name of the app': 'Old phone' })
  await person.press('Continue', { 'Code from the app': await currentTotp((await person.page.locator('p code').innerText()).replaceAll(' ', '')) })
  await person.reads('Your second factor is added.')
  const app = person.say('The app {name}', { name: 'Old phone' })
  await person.follow('Rename: {name}', { name: app })
  await person.press('Save', { 'New name': 'Tablet' })
  await person.reads('The new name is saved.')
  const renamed = person.say('The app {name}', { name: 'Tablet' })
  await person.follow('Remove: {name}', { name: renamed })
  await person.press('Remove: {name}', {}, { name: renamed })
  await person.reads('It is removed.')

  await person.follow('Change the password')
  await person.press('Change the password', { 'Current password': 'wrong horse 1', 'New password': 'correct horse 2' })
  const current = person.page.getByLabel(person.say('Current password'), { exact: true })
  t.equal(await current.getAttribute('aria-invalid'), 'true')
  t.ok(await person.page.locator(`#${await current.getAttribute('aria-describedby')}`).isVisible(), 'what is wrong is said beside the field')
  await person.press('Change the password', { 'Current password': account.password, 'New password': 'correct horse 2' })
  await person.reads('Your password is changed.')

  await person.follow('Make new recovery codes')
  await person.press('Make new recovery codes')
  await person.press('I have saved them')
  await person.reads('Your new recovery codes are ready. The old ones do not work any more.')
  await person.press('Sign out')
  await person.sees('Sign in')
}

t.test('an account is looked after, and other browsers are signed out, in English', async (t) => {
  const account = newAccount('carol')
  await lookAfterAccount(t, { browser: { viewport: { width: 640, height: 640 } } }, account, async (person) => {
    const elsewhere = await arrive(t)
    await signIn(elsewhere, account)
    await elsewhere.sees('My security')
    await person.open('/auth/security')
    await person.picture('my-security')
    await person.press('Sign out everywhere else')
    await person.reads('You are signed out everywhere else.')
    await elsewhere.open('/auth/security')
    await elsewhere.sees('Sign in')
  })
})

t.test('an account is looked after, in German, without JavaScript', async (t) => {
  await lookAfterAccount(t, { language: 'de', browser: { javaScriptEnabled: false, viewport: { width: 320, height: 640 } } })
})

t.test('an account is looked after, in Japanese, with the keyboard alone', async (t) => {
  await lookAfterAccount(t, { language: 'ja', byKeyboard: true, browser: { viewport: { width: 320, height: 640 } } })
})
