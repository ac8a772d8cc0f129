import t from 'tap'
import { advance, currentTotp } from '../../src/testing/index.js'
import { createAuthenticator } from '../second-factor/passkey/authenticator.js'
import { confirmBySms, codeFor, securityApp, signInAgain, signUpWithPhone, type Person } from './security.js'
import { ORIGIN } from './visit.js'

const app = await securityApp({ secondFactors: ['sms', 'totp', 'passkey', 'email'], oneMailboxForBothFactors: true, emailFactorFlow: 'both', passkeyRpId: 'localhost' })

/** What the page shows of a new app. */
const secretOf = (person: Person): string => new URL(person.shown.document.querySelector('input[name=uri]')!.getAttribute('value')!).searchParams.get('secret')!

async function addApp (person: Person, name: string): Promise<string> {
  await person.open('/auth/security/apps/add')
  await person.press('Continue', { name })
  const secret = secretOf(person)
  await person.press('Continue', { code: await currentTotp(secret) })
  return secret
}

async function addPasskey (person: Person, name: string): Promise<void> {
  const device = createAuthenticator({ origin: ORIGIN })
  await person.open('/auth/security/passkeys/add')
  await person.usePasskey((options) => device.create(options), { name })
}

t.test('an authenticator app: picture, key, a wrong code, the right one, and its removal', async (t) => {
  const { person } = await signUpWithPhone(app)
  await person.follow('Add an authenticator app')
  await person.press('Continue', { name: 'My phone' })
  const secret = secretOf(person)
  t.match(person.shown, { status: 200, title: 'Set up the app' })
  t.match(person.shown.document.querySelector('img.qr')?.getAttribute('src'), /^data:image\/svg\+xml,/)
  t.equal(person.shown.document.querySelector('code')?.text.replaceAll(' ', ''), secret)
  await person.press('Continue', { code: '000000' })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  t.equal(secretOf(person), secret, 'the picture is still there')
  await person.press('Continue', { code: await currentTotp(secret) })
  t.match(person.shown, { url: '/auth/security', text: /Your second step is added.*The app My phone/ })

  await person.open('/auth/security/apps/add')
  await person.press('Continue', { name: 'My phone' })
  t.match(person.shown.document.querySelector('#name-error')?.text, 'There is a device of this name already')
  t.equal(person.shown.document.querySelector('#name')?.getAttribute('value'), 'My phone')

  await addApp(person, 'Tablet')
  await person.follow('Rename: The app My phone')
  await person.press('Save', { name: 'Tablet' })
  t.match(person.shown, { status: 422, title: 'Rename: The app My phone' })
  t.match(person.shown.document.querySelector('#name-error')?.text, 'There is a device of this name already')
  await person.press('Save', { name: 'Old phone' })
  t.match(person.shown, { url: '/auth/security', text: /The new name is saved.*The app Old phone/ })

  await person.follow('Remove: The app Old phone')
  t.match(person.shown, { title: 'Remove: The app Old phone' })
  const form = person.shown.document.querySelector('form')!.getAttribute('action')!
  await person.press('Remove: The app Old phone')
  t.match(person.shown, { url: '/auth/security', text: /It is removed\./ })
  t.notMatch(person.shown.text, 'Old phone')
  await person.post(form, {})
  t.match(person.shown, { url: '/auth/security', text: /This was removed already\./ }, 'a second press')
  await person.open(form)
  t.match(person.shown, { url: '/auth/security', text: /This was removed already\./ }, 'an old page')
})

t.test('once there is an app, only the app or a recovery code vouches for changes', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  const secret = await addApp(person, 'Laptop')
  advance('6m')
  await person.open('/auth/security')
  await person.follow('Change the phone number')
  t.match(person.shown, { title: 'Second step', url: /^\/auth\/second-factor\/totp\?.*once-more=1/, text: /An authenticator app/ })
  t.notMatch(person.shown.text, 'text message', 'the weaker phone would be refused')
  t.match(person.shown.text, 'A recovery code')
  await person.press('Continue', { code: await currentTotp(secret) })
  t.match(person.shown, { title: 'Change the phone number' })

  // Who signs in by SMS is in, but not by the strongest factor.
  advance('6m')
  const other = await signInAgain(app, account)
  await other.follow('A code by text message')
  await confirmBySms(app, other, account.phone)
  await other.open('/auth/security/apps/add')
  t.match(other.shown, { title: 'Second step', url: /totp/ })
  await other.press('Continue', { code: await currentTotp(secret) })
  t.match(other.shown, { title: 'Add an authenticator app' })
})

t.test('a form that was left open too long keeps the name that was typed', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Add an authenticator app')
  advance('6m')
  await person.press('Continue', { name: 'Tablet' })
  await confirmBySms(app, person, account.phone)
  t.equal(person.shown.document.querySelector('#name')?.getAttribute('value'), 'Tablet')
  await person.press('Continue')
  const code = await currentTotp(secretOf(person))
  advance('11m')
  await person.press('Continue', { code })
  t.match(person.shown, { title: 'Add an authenticator app', status: 422, text: /This took too long/ }, 'and an app that waited too long is set up anew')
})

t.test('a passkey: added, renamed, removed', async (t) => {
  const { person } = await signUpWithPhone(app)
  await addPasskey(person, 'Laptop')
  t.match(person.shown, { url: '/auth/security', text: /Your second step is added.*The passkey Laptop.*Added on/ })
  await person.follow('Rename: The passkey Laptop')
  t.equal(person.shown.document.querySelector('#name')?.getAttribute('value'), 'Laptop')
  const form = person.shown.document.querySelector('form')!.getAttribute('action')!
  await person.press('Save', { name: ' ' })
  t.match(person.shown, { status: 200, title: 'Rename: The passkey Laptop' }, 'a name has something to see')
  await person.press('Save', { name: 'Old laptop' })
  t.match(person.shown, { url: '/auth/security', text: /The new name is saved.*The passkey Old laptop/ })
  await person.follow('Remove: The passkey Old laptop')
  await person.press('Remove: The passkey Old laptop')
  t.match(person.shown.text, 'It is removed.')
  await person.post(form, { name: 'Again' })
  t.match(person.shown.text, 'This was removed already.')
  await person.post('/auth/security/passkeys/add', { credential: 'none' })
  t.match(person.shown, { title: 'Add a passkey', status: 200 }, 'without the script, the page again')
})

t.test('a script whose session is not fresh is told to load the page again', async (t) => {
  const { person } = await signUpWithPhone(app)
  await person.open('/auth/security/passkeys/add')
  advance('6m')
  await person.post('/auth/security/passkeys/options', { name: 'x' })
  t.equal(person.shown.status, 401)
  await person.open('/auth/security/passkeys/add')
  t.match(person.shown.text, 'please confirm once more')
})

t.test('codes by mail go to the address of the account, and elsewhere once it is changed', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Add an e-mail address')
  t.match(person.shown, { title: 'Add an e-mail address', text: /Codes will go to p•••@example\.com/ })
  t.equal(person.shown.document.querySelector('#contact'), null)
  await person.press('Send the code')
  t.match(person.shown.text, 'We have sent you a code and a link')
  await person.press('Continue', { code: codeFor(app, account.login) })
  t.match(person.shown, { url: '/auth/security', text: /Your second step is added.*A code by e-mail to p•••@example\.com/ })

  await person.follow('Change the address for codes')
  await person.press('Send the code', { contact: `codes-${account.login}` })
  await person.press('Continue', { code: codeFor(app, `codes-${account.login}`) })
  t.match(person.shown.text, /Codes now go to your new address.*A code by e-mail to c•••@example\.com/)

  await person.follow('Remove codes by e-mail')
  await person.press('Remove codes by e-mail')
  t.match(person.shown.text, 'It is removed.')
})

t.test('new recovery codes are shown once, and end the old ones', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  t.match(person.shown.text, 'Recovery codes Left: 10')
  advance('6m')
  await person.follow('Make new recovery codes')
  await confirmBySms(app, person, account.phone)
  t.match(person.shown, { title: 'Recovery codes', text: /\(10 left\)/ })
  await person.press('Make new recovery codes')
  t.match(person.shown, { title: 'Your recovery codes', status: 200 })
  const codes = person.shown.document.querySelectorAll('.codes code').map(({ text }) => text)
  t.equal(codes.length, 10)
  await person.press('I have saved them')
  t.match(person.shown, { url: '/auth/security', text: /Your new recovery codes are ready/ })

  const later = await signInAgain(app, account)
  await later.follow('A recovery code')
  await later.press('Continue', { code: codes[0]! })
  await later.open('/auth/security')
  t.match(later.shown.text, 'Left: 9')
})
