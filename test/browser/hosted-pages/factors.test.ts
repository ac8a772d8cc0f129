import t, { type Test } from 'tap'
import { advance, currentTotp } from '../../../src/testing/index.js'
import { addAuthenticator } from './authenticator.js'
import { comeBack, newAccount, signUp } from './accounts.js'
import { arrive, type Person } from './person.js'

/** What a person reads off the page into an app. */
const secretOn = async ({ page }: Person): Promise<string> => (await page.locator('p code').innerText()).replaceAll(' ', '')

const codesOn = async ({ page }: Person): Promise<string[]> => await page.locator('.codes code').allInnerTexts()

/** Each code of an app works once. */
async function nextCode (secret: string): Promise<string> {
  advance('30s')
  return await currentTotp(secret)
}

/** Scans the picture with an app. */
async function setUpApp (t: Test, person: Person): Promise<string> {
  const isShown = await person.page.locator('img.qr').evaluate((picture: HTMLImageElement) => picture.complete && picture.naturalWidth > 0)
  t.ok(isShown, 'the policy of the page allows its picture')
  const secret = await secretOn(person)
  await person.press('Continue', { 'Code from the app': '12' })
  t.equal(await secretOn(person), secret, 'a wrong code changes nothing')
  await person.press('Continue', { 'Code from the app': await currentTotp(secret) })
  return secret
}

t.test('an app, a passkey and recovery codes, in English', async (t) => {
  const account = newAccount()
  const person = await arrive(t)
  const authenticator = await addAuthenticator(person.page)
  await signUp(person, account)
  await person.reads('Protect your account with a second factor. Which one do you want to use?')
  await person.follow('An authenticator app')
  await person.press('Set up the app')
  const secret = await setUpApp(t, person)
  const codes = await codesOn(person)
  t.equal(codes.length, 10)
  await person.press('I have saved them')

  await person.follow('Add a passkey')
  await authenticator.touch(() => person.press('Set up a passkey', { 'Name of the passkey': 'Laptop' }))
  await person.reads('Your second factor is added.')
  await person.reads('The passkey {name}', { name: 'Laptop' })

  await comeBack(person, account)
  await person.reads('How do you want to confirm that it is you?')
  await person.follow('A passkey')
  await authenticator.recognises(false)
  await authenticator.touch(async () => {
    await person.button('Use a passkey').click()
    await person.page.getByRole('alert').filter({ hasText: person.say('The window was closed, or your device has no passkey for this. Please try again, or choose another way.') }).waitFor()
  })
  await authenticator.recognises(true)
  await authenticator.touch(() => person.press('Use a passkey'))
  await person.sees('My security')

  // A browser that offers none in the field, where a finger on the device would take it before the button is pressed.
  await person.page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
  await person.press('Sign out')
  await authenticator.touch(() => person.press('Sign in with a passkey'))
  await person.sees('My security')

  await comeBack(person, account)
  await person.follow('An authenticator app')
  await person.press('Continue', { 'Code from the app': await nextCode(secret) })
  await person.sees('My security')

  await comeBack(person, account)
  await person.follow('I have lost my second factor')
  await person.sees('Recover your account')
  await person.follow('I have found my second factor')
  await person.follow('A recovery code')
  await person.press('Continue', { 'Recovery code': codes[0]! })
  await person.reads('Recovery codes left: {count}. If you have lost your second factor, set up a new one within five minutes.', { count: 9 })
  await person.follow('Continue')
  await person.sees('My security')
})

t.test('a passkey is offered in the field for the login, as the page opens', async (t) => {
  const person = await arrive(t)
  const authenticator = await addAuthenticator(person.page)
  await signUp(person, newAccount())
  await person.follow('A passkey')
  await authenticator.touch(() => person.press('Set up a passkey'))
  await person.press('I have saved them')
  await person.press('Sign out')
  await authenticator.touch(async () => {
    // The passkey may answer, and lead on, before everything of the page is there.
    await person.page.reload({ waitUntil: 'commit' })
    await person.page.waitForURL('**/auth/security')
  })
  await person.sees('My security')
})

for (const [language, browser] of [['de', { javaScriptEnabled: false, viewport: { width: 320, height: 640 } }], ['ja', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' }]] as const) {
  t.test(`an app and recovery codes, in ${language}, ${language === 'de' ? 'without JavaScript' : 'on a narrow phone in the dark'}`, async (t) => {
    const account = newAccount()
    const person = await arrive(t, { language, browser })
    await signUp(person, account)
    await person.follow('A passkey')
    if (language === 'de') await person.reads('Passkeys need JavaScript, which is off in this browser. Please choose another way.')
    await person.follow('An authenticator app')
    await person.press('Set up the app')
    const secret = await setUpApp(t, person)
    const [recoveryCode] = await codesOn(person)
    await person.press('I have saved them')
    await comeBack(person, account)
    await person.follow('An authenticator app')
    await person.press('Continue', { 'Code from the app': await nextCode(secret) })
    await person.sees('My security')
    await comeBack(person, account)
    await person.follow('A recovery code')
    await person.press('Continue', { 'Recovery code': recoveryCode! })
    await person.sees('You are signed in')
  })
}
