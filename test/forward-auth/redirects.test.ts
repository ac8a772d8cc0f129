import t from 'tap'
import { advance, resetClock, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { createPlaces, lackOf } from '../../src/forward-auth/places.js'
import { buildPages, codeFor, visit } from '../hosted-pages/visit.js'
import { ask, NAVIGATION, OPTIONS, PROXIES, SHOP, type Proxy, type Visit } from './proxy.js'
import type { TestSession } from '../../src/testing/index.js'

t.teardown(resetClock)
const app = await buildPages(t, { forwardAuth: { ...OPTIONS.forwardAuth!, origins: [SHOP, 'http://localhost:3000'] } })
const PAGES = 'http://localhost:3000/auth'
const WANTED = `${SHOP}/orders?page=2&q=a%26b`
const visitOf = (headers: Record<string, string | undefined> = NAVIGATION, more: Visit = {}): Visit => ({ uri: '/orders?page=2&q=a%26b', headers, ...more })

/** Where a browser is sent, however the proxy is told. */
async function placeFor (proxy: Proxy, session: TestSession | undefined, visit = visitOf()): Promise<{ status: number, place: string | undefined }> {
  const { statusCode, headers } = await ask(app, proxy, session, visit)
  return { status: statusCode, place: String((proxy === 'nginx' ? headers['x-auth-redirect'] : headers.location) ?? '') || undefined }
}
const redirects = (proxy: Proxy, status: number): number => proxy === 'nginx' ? status : 302

t.test('a browser is sent to the page that is missing, and to where it wanted to go afterwards', async (t) => {
  const first = await signUp(app)
  const both = await signInWithSecondFactor(app)
  const back = new URLSearchParams({ redirect: WANTED }).toString()
  for (const proxy of PROXIES) {
    t.same(await placeFor(proxy, undefined), { status: redirects(proxy, 401), place: `${PAGES}?${back}` }, proxy)
    t.same(await placeFor(proxy, first.session), { status: redirects(proxy, 403), place: `${PAGES}/second-factor?${back}` })
    t.same(await placeFor(proxy, both.session, visitOf(NAVIGATION, { rules: 'roles=admin' })), { status: 403, place: undefined }, 'no page gives a role')
  }
  advance('10m')
  for (const proxy of PROXIES) {
    t.same(await placeFor(proxy, both.session, visitOf(NAVIGATION, { rules: 'maxAge=5m' })), { status: redirects(proxy, 403), place: `${PAGES}/second-factor?once-more=1&${back}` })
  }
  advance('55m')
  for (const proxy of PROXIES) {
    const to = new URLSearchParams({ to: `/auth?${back}` }).toString()
    t.same(await placeFor(proxy, both.session), { status: redirects(proxy, 401), place: `${PAGES}/session/refresh/page?${to}` })
  }
})

t.test('programs get the status, and what is missing', async (t) => {
  const first = await signUp(app)
  const program = { accept: 'application/json', 'sec-fetch-mode': 'cors' }
  for (const proxy of PROXIES) {
    for (const headers of [program, { accept: 'text/html', 'sec-fetch-mode': 'cors' }, { accept: '*/*' }, {}]) {
      t.same(await placeFor(proxy, undefined, visitOf(headers)), { status: 401, place: undefined }, `${proxy} ${JSON.stringify(headers)}`)
    }
    t.same(await placeFor(proxy, undefined, visitOf(NAVIGATION, { method: 'POST' })), { status: 401, place: undefined }, 'a form would lose its fields')
    const { statusCode, headers, body } = await ask(app, proxy, first.session, visitOf(program))
    t.match({ statusCode, headers, body }, { statusCode: 403, headers: { 'www-authenticate': /insufficient_user_authentication/, 'cache-control': 'no-store' }, body: /"claimValidationErrors":\[\{"id":"2fa-completed"/ })
    t.match((await ask(app, proxy, undefined, visitOf(program))).json(), { message: 'unauthorised' })
  }
})

t.test('nobody is sent to an address that is none of the services\'', async (t) => {
  for (const proxy of PROXIES) {
    for (const origin of ['https://evil.example', 'http://localhost:8082', 'http://localhost.evil.example:8080']) {
      const { status, place } = await placeFor(proxy, undefined, visitOf(NAVIGATION, { origin }))
      t.same({ status, place }, { status: 403, place: undefined })
    }
    const { place } = await placeFor(proxy, undefined, visitOf(NAVIGATION, { uri: '//evil.example/\\@x' }))
    t.equal(new URL(new URL(place!).searchParams.get('redirect')!).origin, SHOP)
  }
})

t.test('a service on the host of the pages is found by its path', async (t) => {
  for (const proxy of PROXIES) {
    const { place } = await placeFor(proxy, undefined, visitOf(NAVIGATION, { origin: 'http://localhost:3000', uri: '/shop/orders?a=b' }))
    t.equal(place, `${PAGES}?${new URLSearchParams({ redirect: '/shop/orders?a=b' }).toString()}`)
    const { place: slashes } = await placeFor(proxy, undefined, visitOf(NAVIGATION, { origin: 'http://localhost:3000', uri: '//evil.example/' }))
    t.equal(slashes, PAGES, 'a path that would be another host')
  }
})

t.test('a person who signs in on the way comes back to where they wanted to go', async (t) => {
  const user = await signInWithSecondFactor(app)
  const person = visit(app)
  const start = (await placeFor('traefik', undefined)).place!
  await person.open(start.slice('http://localhost:3000'.length))
  await person.press('Sign in', { email: user.email, password: user.password })
  t.equal(person.shown.url.split('?')[0], '/auth/second-factor/sms')
  await person.press('Continue', { code: codeFor(app, user.phoneNumber) })
  t.equal(person.shown.url, WANTED)
})

t.test('a page of one\'s own may take the place of the hosted ones', async (t) => {
  const website = 'https://www.example.com/auth'
  const place = (options: object, origin = SHOP, uri = '/a') => createPlaces({ origin: 'http://localhost:3000', authPath: '/auth', origins: [SHOP, 'http://localhost:3000'], signInPage: undefined, pages: undefined, website, ...options })
    .placeFor('session', { method: 'GET', host: 'x', origin, uri })
  t.equal(place({}), `${website}?redirect=${encodeURIComponent(`${SHOP}/a`)}`)
  t.equal(place({ pages: '/auth', signInPage: 'https://example.com/in?theme=dark' }), `https://example.com/in?theme=dark&redirect=${encodeURIComponent(`${SHOP}/a`)}`)
  t.equal(place({}, 'http://localhost:3000'), `${website}?redirect=${encodeURIComponent('http://localhost:3000/a')}`, 'the whole address, since it is another site')
  t.equal(lackOf(new Error('x')), undefined)
})
