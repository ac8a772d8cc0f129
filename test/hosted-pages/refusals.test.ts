import t from 'tap'
import UserMetadata from 'supertokens-node/recipe/usermetadata/index.js'
import { advance, resetClock, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { breakSenders } from '../account/recovery.js'
import { interceptCore } from '../intercept-core.js'
import { buildPages, codeFor, visit } from './visit.js'

t.teardown(resetClock)
const app = await buildPages(t, { limits: { sends: false, signIn: {}, signUps: false, mails: false } })

async function signIn ({ email, password }: SignedInUser, language = 'en') {
  const person = visit(app, { language })
  await person.open('/auth')
  await person.press(/Sign in|Anmelden/, { email, password })
  return person
}

t.test('a second factor that is broken: the page says whom to ask, and lets nobody in', async (t) => {
  const alice = await signInWithSecondFactor(app)
  await UserMetadata.updateUserMetadata(alice.userId, { passwordlessUserId: 5 })
  const person = await signIn(alice)
  t.match(person.shown, { status: 403, title: 'This did not work', text: /cannot be used. Please contact support/ })
  const german = await signIn(alice, 'de')
  t.notMatch(german.shown.text, 'Please contact support')
  await person.open('/sessioninfo')
  t.equal(person.shown.status, 403)
})

t.test('a locked second factor: every code is refused, with when to try again', async (t) => {
  const bob = await signInWithSecondFactor(app)
  const person = await signIn(bob)
  const isWaiting = () => /Too many wrong codes/.test(person.shown.text)
  for (let tries = 0; tries < 12 && !isWaiting(); tries++) {
    if (person.shown.document.querySelector('#code') === null) await person.press('Send the code')
    else await person.press('Continue', { code: '000000' })
  }
  const last = person.shown
  t.match(last, { status: 429, text: /Too many wrong codes/ })
  t.ok(Number(last.headers['retry-after']) > 0)
  await person.post('/auth/second-factor/sms', { code: codeFor(app, bob.phoneNumber) })
  await person.open('/sessioninfo')
  t.equal(person.shown.status, 403, 'the right one does not pass until then')
})

t.test('a message that cannot be sent: the page says so, and offers to try again', async (t) => {
  const carol = await signInWithSecondFactor(app)
  const repair = breakSenders(app)
  t.teardown(repair)
  advance(60_000)
  const person = await signIn(carol)
  t.match(person.shown, { status: 200, title: 'Second step' })
  await person.press('Send the code')
  t.ok(person.shown.status >= 400 && person.shown.document.querySelector('[role=alert]') !== null, person.shown.text)
  repair()
  await person.press('Send the code')
  await person.press('Continue', { code: codeFor(app, carol.phoneNumber) })
  t.equal(person.shown.url, '/auth/security')
})

t.test('a Core that is down: a page, with when to come back', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  const repair = await interceptCore(async () => { throw new TypeError('fetch failed') })
  t.teardown(repair)
  await person.press('Sign in', { email: 'a@example.com', password: 'correct horse 1' })
  t.match(person.shown, { status: 503, title: 'Sign in' })
  t.ok(Number(person.shown.headers['retry-after']) > 0)
})
