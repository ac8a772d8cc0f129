import t, { type Test } from 'tap'
import { advance, resetClock, signInWithSecondFactor } from '../../src/testing/index.js'
import { interceptCore } from '../intercept-core.js'
import { buildPages, codeFor, visit } from './visit.js'

t.teardown(resetClock)
const app = await buildPages(t)

/** Somebody between the factors, and somebody who has passed both. */
async function people () {
  const [half, full] = [visit(app), visit(app)]
  const user = await signInWithSecondFactor(app)
  for (const person of [half, full]) {
    advance('2m')
    await person.open('/auth')
    await person.press('Sign in', { email: user.email, password: user.password })
  }
  await full.press('Continue', { code: codeFor(app, user.phoneNumber) })
  t.equal(full.shown.title, 'My security')
  return { half, full }
}

const HALF = ['/auth', '/auth/sign-up', '/auth/second-factor', '/auth/second-factor/sms', '/auth/recover']
const FULL = ['/auth', '/auth/security', '/auth/security/phone', '/auth/security/phone/remove', '/auth/second-factor?once-more=1']

/** Browsers give up after 20 redirects and show a page of their own; until then each asks the Core again. */
function assertTold (t: Test, { shown: { status, headers, text } }: ReturnType<typeof visit>, page: string): void {
  t.equal(status, 503, page)
  t.match(text, /is not available at the moment\. Please try again later\./, page)
  t.ok(Number(headers['retry-after']) > 0, page)
}

t.test('a Core that is down: every page says so at once, and leads round in no circles', async (t) => {
  const { half, full } = await people()
  const repair = await interceptCore(async () => { throw new TypeError('fetch failed') })
  t.teardown(repair)
  for (const [person, pages] of [[half, HALF], [full, FULL]] as const) {
    for (const page of pages) {
      await person.open(page)
      assertTold(t, person, page)
    }
  }

  // The access tokens have expired: the way leads over the refresh.
  advance('61m')
  for (const [person, page] of [[half, '/auth/second-factor'], [full, '/auth/security']] as const) {
    await person.open(page)
    assertTold(t, person, page)
    t.ok(person.jar.has('sRefreshToken'), 'the session goes on afterwards')
  }
})
