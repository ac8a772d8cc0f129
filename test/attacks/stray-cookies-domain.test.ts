import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { browserOf, build, plant, REFRESH, signInAgain, whoIs } from './suite/stray-cookies.js'

const OWN = ['sAccessToken@.a.example.com/', `sRefreshToken@.a.example.com${REFRESH}`]

t.test('with a cookie domain, strays of the host alone and of its parents are deleted alike', async (t) => {
  const app = await build(t, { cookieDomain: '.a.example.com' })
  for (const former of ['example.com', undefined]) {
    const user = await signInWithSecondFactor(app)
    const browser = await browserOf(app, user, former)
    t.equal((await browser.request('POST', REFRESH, {})).statusCode, 200)
    t.equal((await browser.cookies()).length, 4)
    t.equal((await browser.request('GET', '/orders')).statusCode, 401)
    t.strictSame(await browser.cookies(), OWN)
    t.equal(await whoIs(t, browser, user.userId), 'in')
    await plant(browser, user.session, former)
    t.equal((await signInAgain(browser, user)).json().status, 'OK')
    t.strictSame(await browser.cookies(), OWN)
    t.equal((await browser.request('GET', '/orders')).statusCode, 403)
  }
})
