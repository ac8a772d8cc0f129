import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { advance, newPhoneNumber, resetClock } from '../../src/testing/index.js'
import { codeOf, wrongCode } from '../second-factor/totp.js'
import { createAuthenticator } from '../second-factor/passkey/authenticator.js'
import { buildPages, codeFor, ORIGIN, visit } from './visit.js'

t.teardown(resetClock)
const app = await buildPages(t, {
  secondFactors: ['sms', 'email', 'totp', 'passkey'],
  oneMailboxForBothFactors: true,
  passkeySignIn: true,
  limits: { sends: { cooldown: 15 }, signIn: false, signUps: false, mails: false },
  factorKeys: ['f'.repeat(32)]
})

type Visit = ReturnType<typeof visit>

const PASSWORD = 'correct horse 1'
let count = 0

async function signUp (): Promise<{ person: Visit, email: string }> {
  const person = visit(app)
  const email = `person-${++count}@example.com`
  await person.open('/auth/sign-up?redirect=%2Fsessioninfo')
  await person.press('Create an account', { email, password: PASSWORD })
  return { person, email }
}

async function signIn (email: string): Promise<Visit> {
  const person = visit(app)
  await person.open('/auth?redirect=%2Fsessioninfo')
  await person.press('Sign in', { email, password: PASSWORD })
  return person
}

const codesOn = ({ shown }: Visit): string[] => shown.document.querySelectorAll('.codes code').map(({ text }) => text)

/** The secret on the page, as a person types it. */
const secretOn = ({ shown }: Visit): string => shown.document.querySelector('main p code')!.text.replaceAll(' ', '')

async function withApp () {
  const { person, email } = await signUp()
  await person.follow('An authenticator app')
  await person.press('Set up the app')
  const secret = secretOn(person)
  await person.press('Continue', { code: codeOf(secret) })
  return { person, email, secret, codes: codesOn(person) }
}

t.test('a new account chooses a second step, scans a picture, and gets its recovery codes', async (t) => {
  const { person, email } = await signUp()
  t.match(person.shown, { url: '/auth/second-factor?redirect=%2Fsessioninfo', text: /Which one do you want to use/ })
  t.same(person.shown.document.querySelectorAll('main a').map(({ text }) => text), ['A passkey', 'An authenticator app', 'A code by text message', 'A code by e-mail to p•••@example.com'])
  await person.follow('An authenticator app')
  t.match(person.shown.text, 'Another way')
  await person.press('Set up the app')
  const picture = person.shown.document.querySelector('img.qr')!
  t.match(picture.getAttribute('src'), /^data:image\/svg\+xml,%3Csvg/)
  t.ok(picture.getAttribute('alt'))
  const secret = secretOn(person)
  const src = picture.getAttribute('src')
  await person.press('Continue', { code: wrongCode(secret) })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  t.equal(secretOn(person), secret, 'the app that has it goes on')
  t.equal(person.shown.document.querySelector('img.qr')!.getAttribute('src'), src)
  await person.press('Continue', { code: codeOf(secret) })
  t.match(person.shown, { status: 200, title: 'Your recovery codes' })
  const codes = codesOn(person)
  t.equal(codes.length, 10)
  await person.press('I have saved them')
  t.match(person.shown, { status: 200, url: '/sessioninfo' })

  advance(60_000)
  const later = await signIn(email)
  t.match(later.shown, { url: '/auth/second-factor?redirect=%2Fsessioninfo', text: /How do you want to confirm that it is you/ })
  await later.follow('An authenticator app')
  await later.press('Continue', { code: wrongCode(secret) })
  t.match(later.shown, { status: 422, text: /This code is wrong/ })
  await later.press('Continue', { code: codeOf(secret) })
  t.match(later.shown, { status: 200, url: '/sessioninfo' })
  t.strictSame((await later.open('/auth/second-factor')).url, '/auth/security', 'who is in goes on')
})

t.test('a recovery code lets in once, and says how many are left', async (t) => {
  const { email, codes } = await withApp()
  const person = await signIn(email)
  await person.follow('A recovery code')
  await person.press('Continue', { code: '00000-00000-00000' })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  await person.press('Continue', { code: codes[0]! })
  t.match(person.shown, { status: 200, title: 'You are signed in', text: /Recovery codes left: 9/ })
  t.ok(person.shown.document.querySelector('a[href="/auth/security"]'))
  await person.follow('Continue')
  t.equal(person.shown.url, '/sessioninfo')
  const again = await signIn(email)
  await again.follow('A recovery code')
  await again.press('Continue', { code: codes[0]! })
  t.match(again.shown, { status: 422, text: /This code is wrong/ })
})

t.test('a passkey is set up and used by its script, and signs in alone', async (t) => {
  const { person, email } = await signUp()
  await person.follow('A passkey')
  t.match(person.shown.document.querySelector('noscript')!.text, 'Passkeys need JavaScript')
  t.ok(person.shown.document.querySelector('script[src^="/auth/assets/passkey."]'))
  const authenticator = createAuthenticator({ origin: ORIGIN })
  await person.usePasskey((options) => authenticator.create(options, { flags: 5 }))
  t.match(person.shown, { status: 200, title: 'Your recovery codes' })
  await person.press('I have saved them')
  t.equal(person.shown.url, '/sessioninfo')

  const later = await signIn(email)
  await later.follow('A passkey')
  await later.usePasskey((options) => authenticator.get(options, { signedBy: createAuthenticatorKey() }))
  t.match(later.shown, { status: 422, text: /This passkey does not work here/ })
  await later.usePasskey((options) => authenticator.get(options))
  t.equal(later.shown.url, '/sessioninfo')

  const alone = visit(app)
  await alone.open('/auth?redirect=%2Fsessioninfo')
  t.match(alone.shown.document.querySelector('#email')!.getAttribute('autocomplete'), 'webauthn')
  await alone.usePasskey((options) => authenticator.get(options, { flags: 5 }))
  t.match(alone.shown, { status: 200, url: '/sessioninfo' })
})

t.test('without a script, the passkey\'s form leads back to its page', async (t) => {
  const { person } = await signUp()
  await person.follow('A passkey')
  await person.post('/auth/second-factor/passkey/set-up', {})
  t.match(person.shown, { status: 200, url: /\/auth\/second-factor\/passkey/ })
  await person.post('/auth/passkey', { credential: '{' })
  t.equal(person.shown.status, 200)
})

t.test('codes go to a phone, are sent again, and stop working', async (t) => {
  const { person, email } = await signUp()
  await person.follow('A code by text message')
  await person.press('Send the code', { contact: '12' })
  t.match(person.shown.status, 422)
  t.equal(person.shown.document.querySelector('#contact')!.getAttribute('value'), '12', 'what was typed stays')
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  for (let times = 0; times < 2; times++) await person.press('Send it again')
  t.match(person.shown, { status: 429, text: /in \d+ seconds/ })
  t.ok(Number(person.shown.headers['retry-after']) > 0)
  advance(60_000)
  await person.press('Send it again')
  t.match(person.shown, { status: 200, text: /We have sent it again/ })
  await person.follow('Use another number or address')
  t.ok(person.shown.document.querySelector('#contact'))
  await person.open('/auth/second-factor/sms')
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown.title, 'Your recovery codes')

  const later = await signIn(email)
  t.match(later.shown.text, /We have sent you a code|How do you want/)
})

t.test('the account\'s own address needs not be typed', async (t) => {
  const { person, email } = await signUp()
  await person.follow(/A code by e-mail/)
  t.notOk(person.shown.document.querySelector('#contact'))
  await person.press('Send the code')
  await person.press('Continue', { code: codeFor(app, email) })
  t.match(person.shown.title, 'Your recovery codes')
  const later = await signIn(email)
  t.match(later.shown.text, /How do you want|We have sent/)
})

t.test('a factor that the account does not have leads to the choice', async (t) => {
  const { email } = await withApp()
  const person = await signIn(email)
  for (const factor of ['sms', 'email', 'passkey']) {
    await person.open(`/auth/second-factor/${factor}`)
    t.equal(person.shown.url, '/auth/second-factor', factor)
  }
  await person.post('/auth/second-factor/totp/set-up', {})
  t.match(person.shown.status, 422, 'one who has a second factor adds none here')
})

t.test('too many wrong codes: the page says when to try again', async (t) => {
  const { email, secret } = await withApp()
  const person = await signIn(email)
  await person.follow('An authenticator app')
  for (let tries = 0; tries < 6; tries++) await person.press('Continue', { code: wrongCode(secret) })
  t.match(person.shown, { status: 429, text: /Too many wrong codes/ })
  t.ok(Number(person.shown.headers['retry-after']) > 0)
})

function createAuthenticatorKey () {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}
