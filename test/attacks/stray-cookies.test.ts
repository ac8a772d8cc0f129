import t from 'tap'
import { createTestSession, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { browserOf, build, HOST_ONLY, plant, REFRESH, signInAgain, whoIs } from './suite/stray-cookies.js'

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
  for (const cookie of [...pairs, `sAccessToken=x; ${token(user.session)}; sRefreshToken=x`, `sAccess%54oken=x; ${token(user.session)}; sRefresh%54oken=x`]) {
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
  const refresh = async (cookie: string) => await app.inject({ method: 'POST', url: REFRESH, headers: { rid: 'session', cookie } })
  t.strictSame((await refresh('sAccessToken=x; sAccessToken=y')).json(), { message: 'unauthorised' }, 'there is nothing to refresh')
  const clear = await refresh(`sAccessToken=x; ${token(user.session)}`)
  t.strictSame(clear.cookies.filter(({ value }) => value !== '').map(({ name }) => name).sort(), ['sAccessToken', 'sRefreshToken'], 'the refresh token is clear')
  t.equal((await user.session.inject('/orders')).statusCode, 200, 'all of which has ended nobody\'s session')
})
