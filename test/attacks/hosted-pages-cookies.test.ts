import t from 'tap'
import { signInWithSecondFactor, signIn } from '../../src/testing/index.js'
import { openBrowser, type Browser } from '../browser.js'
import { buildPages } from '../hosted-pages/visit.js'

const ORIGIN = 'https://login.example.com'
const app = await buildPages(t, { appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: { afterSignIn: '/sessioninfo' } })

/** Opens a page as a person does, and follows where it leads. */
async function open ({ request }: Browser, address: string) {
  let url = new URL(address, ORIGIN)
  for (let hops = 0; hops < 20; hops++) {
    const response = await request('GET', url.pathname + url.search)
    const { location } = response.headers
    if (location === undefined) return { url: url.pathname, ...response, body: response.body }
    url = new URL(String(location), ORIGIN)
  }
  throw new Error('the pages lead round in circles')
}

async function plant ({ jar }: Browser, cookies: ReadonlyMap<string, string>, attributes: string): Promise<void> {
  for (const [name, path] of [['sAccessToken', '/'], ['sRefreshToken', '/auth/session/refresh']] as const) {
    await jar.setCookie(`${name}=${encodeURIComponent(cookies.get(name) ?? '')}; Path=${path}; Secure${attributes}`, ORIGIN + path)
  }
}

t.test('a session that a sibling domain has planted beside one\'s own is never shown, and nobody goes round in circles', async (t) => {
  const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  for (const page of ['/auth', '/auth/second-factor', '/auth/sign-up', '/auth/recover']) {
    const browser = openBrowser(app, { origin: ORIGIN })
    await plant(browser, alice.session.cookies, '')
    await plant(browser, mallory.session.cookies, '; Domain=example.com')
    const { url, body } = await open(browser, page)
    t.notOk(body.includes(mallory.userId), page)
    t.ok(url === '/sessioninfo' || url === '/auth', `${page} led to ${url}`)
    // In again at once, or signed out: whatever was planted is gone.
    const again = await open(browser, '/auth')
    t.ok(again.body.includes(alice.userId) || again.body.includes('<h1>Sign in</h1>'), again.body.slice(0, 200))
  }
})

t.test('between the factors, too', async (t) => {
  const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const half = await signIn(app, alice)
  const browser = openBrowser(app, { origin: ORIGIN })
  await plant(browser, half.session.cookies, '')
  await plant(browser, mallory.session.cookies, '; Domain=example.com')
  const { body } = await open(browser, '/auth/second-factor')
  t.notOk(body.includes(mallory.userId))
  t.match((await open(browser, '/auth/second-factor')).body, /<h1>(?:Second step|Sign in)<\/h1>/)
})

t.test('garbage in every cookie of the pages leads to the sign-in', async (t) => {
  for (const value of ['', 'x', 'x.y.z', '%', 'bnVsbA', 'eyJhbGciOiJub25lIn0.e30.']) {
    const browser = openBrowser(app, { origin: ORIGIN })
    for (const name of ['sAccessToken', '__Host-fastify-2fa-pending', '__Host-fastify-2fa-redirect', '__Host-fastify-2fa-social-login']) await browser.jar.setCookie(`${name}=${value}; Path=/; Secure`, ORIGIN)
    await browser.jar.setCookie(`sRefreshToken=${value}; Path=/auth/session/refresh; Secure`, `${ORIGIN}/auth/session/refresh`)
    const { statusCode, body } = await open(browser, '/auth/second-factor?state=x')
    t.equal(statusCode, 200, value)
    t.match(body, '<h1>Sign in</h1>', value)
  }
})
