import t from 'tap'
import { createTestSession, signIn } from '../../src/testing/index.js'
import { newBrowser } from '../account/browser.js'
import { post, start } from '../account/recovery.js'
import { securityApp, signUpWithPhone, type Account } from './security.js'
import { ORIGIN } from './visit.js'

const app = await securityApp({ secondFactors: ['sms'], accountRecovery: true, knownBrowsers: true })

const asUser = ({ login, phone, password }: Account) => ({ email: login, phoneNumber: phone, password })

t.test('a recovery that somebody has started is on top, and is stopped by one press', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  t.notMatch(person.shown.text, 'Somebody is recovering')
  const thief = await signIn(app, asUser(account))
  await start(app, thief)
  await person.open('/auth/security')
  t.match(person.shown.document.querySelector('h2')?.text, 'Somebody is recovering your account')
  await person.press('Stop this recovery')
  t.match(person.shown, { url: '/auth/security', text: /The recovery is stopped\./ })
  t.notMatch(person.shown.text, 'Somebody is recovering')
  await person.post('/auth/security/recovery/stop', {})
  t.match(person.shown, { status: 422, text: /No recovery of this account is under way.*Back to my security/ }, 'a second press')
})

t.test('known browsers are listed and forgotten', async (t) => {
  const { person } = await signUpWithPhone(app)
  t.match(person.shown.text, 'No browser is known.')
  const session = createTestSession(app)
  for (const [name, { value }] of person.jar) session.cookies.set(name, value)
  const browser = newBrowser()
  const { challenge, session: id } = await post(session, '/auth/account/browsers/challenge') as unknown as { challenge: string, session: string }
  const signature = browser.sign({ challenge, session: id, purpose: 'register', origin: ORIGIN })
  t.match(await post(session, '/auth/account/browsers', { publicKey: browser.publicKey, signature, origin: ORIGIN, name: 'Kitchen' }), { status: 'OK' })

  await person.open('/auth/security')
  t.match(person.shown.text, /Kitchen.*Known until/)
  const stale = person.shown.document.querySelectorAll('form').find((form) => form.getAttribute('action') === '/auth/security/browsers/end')!.querySelector('input')!.getAttribute('value')!
  await person.press('Forget: Kitchen')
  t.match(person.shown, { url: '/auth/security', text: /That browser is forgotten.*No browser is known/ })
  await person.post('/auth/security/browsers/end', { id: stale })
  t.match(person.shown.text, 'This was removed already.')
})
