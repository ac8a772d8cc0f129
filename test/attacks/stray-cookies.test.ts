import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { CookieJar } from 'tough-cookie'
import { fastify2fa, require2FA } from '../../src/index.js'
import { createTestSession, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { openBrowser, type Browser } from '../browser.js'
import { testCore } from '../helper.js'

const ORIGIN = 'https://api.a.example.com'
const REFRESH = '/api/auth/session/refresh'
const HOST_ONLY = ['sAccessToken@api.a.example.com/', `sRefreshToken@api.a.example.com${REFRESH}`]

async function build (t: Test): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, {
    ...(await testCore()).options,
    appInfo: { apiDomain: ORIGIN, websiteDomains: ['https://www.example.com'], apiBasePath: '/api/auth' }
  })
  app.get('/orders', { preHandler: require2FA }, async ({ session }) => ({ user: session!.getUserId() }))
  await app.ready()
  return app
}

/** Puts a session's cookies into a browser, as another `cookieDomain` or a sibling's page would. */
async function plant ({ jar }: Browser, { cookies }: SignedInUser['session'], domain: string | undefined, paths = { sAccessToken: '/', sRefreshToken: REFRESH }): Promise<void> {
  const attribute = domain === undefined ? '' : `; Domain=${domain}`
  for (const [name, path] of Object.entries(paths)) {
    await jar.setCookie(`${name}=${encodeURIComponent(cookies.get(name) ?? '')}; Path=${path}${attribute}; Secure`, `${ORIGIN}${path}`)
  }
}

/** A browser in which this person has signed in. */
async function browserOf (app: FastifyInstance, user: SignedInUser, domain?: string): Promise<Browser> {
  const browser = openBrowser(app, { origin: ORIGIN, jar: new CookieJar() })
  await plant(browser, user.session, domain)
  return browser
}

/** What a stock frontend does: at a 401 it refreshes and asks again, at most ten times. Fails where another person's account answers. */
async function whoIs (t: Test, { request }: Browser, userId: string): Promise<'in' | 'signed out'> {
  for (let i = 0; i < 10; i++) {
    const response = await request('GET', '/orders')
    if (response.statusCode === 200) {
      t.equal(response.json().user, userId)
      return 'in'
    }
    t.equal(response.statusCode, 401)
    const refreshed = await request('POST', REFRESH, {})
    if (refreshed.statusCode === 401) return 'signed out'
    t.equal(refreshed.statusCode, 200)
  }
  return t.fail('a loop') as never
}

async function signInAgain (browser: Browser, { email, password }: SignedInUser) {
  return await browser.request('POST', '/api/auth/signin', { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
}

t.test('a session from before the cookie domain was narrowed goes on', async (t) => {
  const app = await build(t)
  for (const domain of ['example.com', 'a.example.com']) {
    const user = await signInWithSecondFactor(app)
    const browser = await browserOf(app, user, domain)
    t.equal((await browser.request('GET', '/orders')).statusCode, 200, 'alone it is clear')
    t.equal((await browser.request('POST', REFRESH, {})).statusCode, 200)
    t.equal((await browser.cookies()).length, 4, 'the refresh has set new cookies beside the old')
    const refused = await browser.request('GET', '/orders')
    t.strictSame([refused.statusCode, refused.json()], [401, { message: 'try refresh token' }])
    t.strictSame(await browser.cookies(), HOST_ONLY)
    t.equal(await whoIs(t, browser, user.userId), 'in')
    // The refresh may come first.
    await plant(browser, user.session, domain)
    t.equal((await browser.request('POST', REFRESH, {})).statusCode, 200)
    t.strictSame(await browser.cookies(), HOST_ONLY)
    t.equal(await whoIs(t, browser, user.userId), 'in')
  }
})

t.test('a domain that was the host itself leaves twins, which only browsers tell apart', async (t) => {
  const app = await build(t)
  const { session } = await signInWithSecondFactor(app)
  const cookie = `sAccessToken=${session.cookies.get('sAccessToken')}; sAccessToken=x; sRefreshToken=x; sRefreshToken=y`
  const expired = async (path: string, headers = {}) => (await app.inject({ method: path === REFRESH ? 'POST' : 'GET', url: path, headers: { rid: 'session', cookie, ...headers } })).cookies
    .filter(({ name, domain, path }) => domain === 'api.a.example.com' && path === (name === 'sAccessToken' ? '/' : REFRESH)).map(({ name }) => name).sort()
  for (const path of ['/orders', REFRESH]) {
    t.strictSame([...new Set(await expired(path, { 'sec-fetch-site': 'same-site' }))], ['sAccessToken', 'sRefreshToken'], path)
  }
  t.strictSame(await expired('/orders'), [], 'another store would delete ours')
})

t.test('signing in anew helps at once', async (t) => {
  const app = await build(t)
  const [user, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const browser = await browserOf(app, user)
  await plant(browser, mallory.session, 'example.com')
  await plant(browser, mallory.session, 'a.example.com')
  const response = await signInAgain(browser, user)
  t.equal(response.json().status, 'OK')
  t.equal(response.json().user.id, user.userId)
  t.strictSame(await browser.cookies(), HOST_ONLY)
  t.equal((await browser.request('GET', '/orders')).statusCode, 403, 'the new session waits for the second factor')
  t.ok(String(response.headers['set-cookie']).length < 4096, 'nginx takes 4 kB')
})

t.test('a sibling domain plants the attacker\'s session beside the victim\'s', async (t) => {
  const app = await build(t)
  const [user, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const garbage = createTestSession(app)
  garbage.cookies.set('sAccessToken', 'x').set('sRefreshToken', 'x')
  const places = ['/', '/api', '/api/auth', '/api/auth/', '/api/auth/session', REFRESH, '/orders']
  const cases = ['example.com', 'a.example.com'].flatMap((domain) => places.map((path) => ({ domain, path })))
  for (const [i, { domain, path }] of cases.entries()) {
    const browser = await browserOf(app, user)
    await plant(browser, i % 2 === 0 ? mallory.session : garbage, domain, { sAccessToken: path, sRefreshToken: path })
    t.equal(await whoIs(t, browser, user.userId), 'in', `${domain}${path}`)
    // An answer deletes only so many.
    for (let i = 0; i < 2; i++) t.equal((await browser.request('POST', REFRESH, {})).statusCode, 200)
    t.equal(await whoIs(t, browser, user.userId), 'in', `${domain}${path}, refreshed`)
    t.strictSame((await browser.cookies()).filter((cookie) => path !== '/orders' || !cookie.endsWith('/orders')), HOST_ONLY)
    for (const [name, value] of await browser.own()) user.session.cookies.set(name, value)
  }
})

t.test('every endpoint copes with two sessions, and takes none of them', async (t) => {
  const app = await build(t)
  const [user, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const token = (session: SignedInUser['session']) => `sAccessToken=${session.cookies.get('sAccessToken')}; sRefreshToken=${session.cookies.get('sRefreshToken')}`
  const pairs = [[user, mallory], [mallory, user]].map(([one, other]) => `${token(one!.session)}; ${token(other!.session)}`)
  for (const cookie of [...pairs, `sAccessToken=x; ${token(user.session)}; sRefreshToken=x`, `sAccess%54oken=x; ${token(user.session)}`]) {
    const ask = async (method: 'GET' | 'POST', path: string, headers = {}) =>
      await app.inject({ method, url: `/api/auth${path}`, headers: { cookie: `theme=dark; ${cookie}`, rid: 'session', 'st-auth-mode': 'cookie', ...headers }, ...(method === 'POST' && { payload: { phoneNumber: mallory.phoneNumber, deviceId: 'a', preAuthSessionId: 'b', userInputCode: '1' } }) })
    for (const path of ['/signout', '/signinup/code', '/signinup/code/resend', '/signinup/code/consume']) {
      const response = await ask('POST', path)
      t.strictSame([response.statusCode, response.json()], [401, { message: 'try refresh token' }], path)
      t.ok(response.cookies.length > 0 && response.cookies.every(({ value }) => value === ''))
    }
    t.equal((await ask('GET', '/jwt/jwks.json')).statusCode, 200)
    const refreshed = await ask('POST', '/session/refresh')
    t.equal(refreshed.statusCode, 200)
    t.ok(refreshed.cookies.every(({ value }) => value === ''), 'no session is refreshed')
    t.ok(String(refreshed.headers['set-cookie']).length < 4096)
    // A token in a header is not ambiguous.
    const bearer = { authorization: `Bearer ${user.session.cookies.get('sAccessToken')}` }
    t.equal((await app.inject({ url: '/orders', headers: { cookie, ...bearer } })).json().user, user.userId)
  }
  t.equal((await user.session.inject('/orders')).statusCode, 200, 'all of which has ended nobody\'s session')
})
