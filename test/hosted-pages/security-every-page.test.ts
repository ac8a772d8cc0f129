import t from 'tap'
import { createTestSession, currentTotp, newPhoneNumber, signIn } from '../../src/testing/index.js'
import { newBrowser } from '../account/browser.js'
import { post, start } from '../account/recovery.js'
import { createAuthenticator } from '../second-factor/passkey/authenticator.js'
import { assertInLanguage, assertReadable } from './readable.js'
import { securityApp, signInAgain, signUpWithPhone } from './security.js'
import { ORIGIN, type Shown } from './visit.js'

const app = await securityApp({ secondFactors: ['sms', 'totp', 'passkey', 'email'], oneMailboxForBothFactors: true, emailFactorFlow: 'both', passkeyRpId: 'localhost', knownBrowsers: true, newBrowserNotices: true, accountRecovery: true })

const FIREFOX = { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' } }

/** Visits every page of "my security", also with something wrong on it, by where buttons are: it works in every language. */
async function visitAll (language: string): Promise<Shown[]> {
  const pages: Shown[] = []
  const { person, account } = await signUpWithPhone(app, { language })
  const open = async (path: string) => { pages.push(await person.open(`/auth/security${path}`)) }
  const send = async (path: string, form: Record<string, string> = {}) => { pages.push(await person.post(`/auth/security${path}`, form)) }

  await open('/apps/add')
  await send('/apps/add', { name: 'A' })
  const uri = person.shown.document.querySelector('input[name=uri]')!.getAttribute('value')!
  const set = { deviceName: 'A', uri }
  await send('/apps/confirm', { ...set, code: 'x' })
  await send('/apps/confirm', { ...set, code: await currentTotp(new URL(uri).searchParams.get('secret')!) })
  await send('/apps/add', { name: 'A' })
  await open('/passkeys/add')
  const device = createAuthenticator({ origin: ORIGIN })
  await person.usePasskey((options) => device.create(options), { name: 'P' })
  pages.push(person.shown)
  const links = person.shown.document.querySelectorAll('a').map((link) => link.getAttribute('href')!)
  for (const link of links.filter((one) => /\/(?:rename|remove)/.test(one))) pages.push(await person.open(link))
  await open('/phone')
  await send('/phone', { contact: 'x' })
  await send('/phone', { contact: newPhoneNumber() })
  await open('/email-factor')
  await send('/email-factor')
  await open('/password')
  await send('/password', { oldPassword: 'x', newPassword: 'y' })
  await open('/email')
  await send('/email', { email: 'x' })
  await open('/recovery-codes')
  await send('/recovery-codes')
  await send('/recovery-codes/kept')
  await send('/sessions/end', { id: 'x' })
  await send('/recovery/stop')
  await open('/phone?confirmed=1')

  // A session, a known browser and a recovery beside them.
  await signInAgain(app, account, FIREFOX)
  await start(app, await signIn(app, { email: account.login, phoneNumber: account.phone, password: account.password }))
  const session = createTestSession(app)
  for (const [key, { value }] of person.jar) session.cookies.set(key, value)
  const browser = newBrowser()
  const { challenge, session: id } = await post(session, '/auth/account/browsers/challenge') as unknown as { challenge: string, session: string }
  await post(session, '/auth/account/browsers', { publicKey: browser.publicKey, signature: browser.sign({ challenge, session: id, purpose: 'register', origin: ORIGIN }), origin: ORIGIN, name: 'K' })
  await open('?redirect=%2Fapp')
  pages.push(await person.open('/auth/second-factor?once-more=1&redirect=%2Fauth%2Fsecurity%2Fphone'))
  return pages
}

t.test('every page is in the person\'s language as a whole', async (t) => {
  for (const language of ['de', 'fr', 'es', 'pt', 'ja']) {
    for (const page of await visitAll(language)) assertInLanguage(t, page, language)
  }
})

t.test('screen readers and keyboards find what they need', async (t) => {
  const pages = await visitAll('en')
  for (const page of pages) {
    assertReadable(t, page)
    const names = page.document.querySelectorAll('main a, main button').map((one) => one.getAttribute('aria-label') ?? one.text.trim())
    t.same(names.filter((name, index) => names.indexOf(name) !== index), [], `${page.url}: no two links or buttons have the same name`)
    for (const one of page.document.querySelectorAll('[aria-label]')) t.match(one.getAttribute('aria-label')!.toLowerCase(), one.text.trim().toLowerCase(), `${page.url}: a name has what is seen in it (WCAG 2.5.3)`)
  }
  t.match(pages.at(-2)?.text, /Somebody is recovering your account.*Firefox on Linux.*Without a second step.*Known until/, 'all sections are here')
})
