import Fastify, { type FastifyInstance } from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import { convertToRecipeUserId } from 'supertokens-node'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { require2FA } from '../../src/index.js'
import { updateMetadata } from '../../src/second-factor/records.js'
import { advance } from '../../src/testing/clock.js'
import { passSecondFactor, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { post, payloadOf } from '../attacks/suite/clients.js'
import { testCore } from '../helper.js'
import { isRefused } from '../refused.js'
import { newBrowser, proveAs, registerAs } from './browser.js'

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { ...(await testCore()).options, knownBrowsers: true, maxEventLoopDelay: 0 })
  app.get('/news', { preHandler: require2FA, config: { secondFactor: { acceptKnownBrowser: true } } }, async () => 'in')
  app.get('/fresh-news', { preHandler: require2FA, config: { secondFactor: { acceptKnownBrowser: true, maxAge: '5m' } } }, async () => 'in')
  app.get('/money', { preHandler: require2FA }, async () => 'in')
  await app.ready()
  return app
}

/** An account, its known browser, and a session that is let in by that alone. */
async function letInByBrowser (app: FastifyInstance) {
  const [alice, browser] = [await signInWithSecondFactor(app), newBrowser()]
  await registerAs(browser, alice.session)
  const again = await signIn(app, alice)
  await proveAs(browser, again.session)
  return { alice, browser, again }
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`a known browser opens the routes that accept it, and no other, with a ${transferMethod} session`, async (t) => {
    const app = await build(t)
    const alice = await signInWithSecondFactor(app, { transferMethod })
    const browser = newBrowser()
    t.match((await registerAs(browser, alice.session)).json(), { status: 'OK', id: /^[\w-]{22}$/, expiresAt: Number })

    const again = await signIn(app, { ...alice, transferMethod })
    t.equal((await again.session.inject('/news')).statusCode, 403, 'the password alone does not')
    const copy = again.session.copy()
    t.match((await proveAs(browser, again.session)).json(), { status: 'OK', expiresAt: Number })
    for (let i = 0; i < 2; i++) {
      t.equal((await again.session.inject('/news')).statusCode, 200)
      t.equal((await again.session.inject('/money')).statusCode, 403)
      t.equal((await again.session.inject('/me')).statusCode, 403)
    }
    t.match(payloadOf(again.session), { amr: ['pwd', 'swk'], acr: 'urn:fastify-2fa:known-browser', '2fa-completed': { v: false }, 'st-mfa': { v: false } })
    t.equal((await copy.inject('/news')).statusCode, 401, 'tokens that were copied before are worthless')

    t.equal((await post(again.session, '/auth/session/refresh')).statusCode, 200)
    t.equal((await again.session.inject('/news')).statusCode, 200, 'a refresh keeps it')
    await passSecondFactor(app, again)
    t.equal((await again.session.inject('/money')).statusCode, 200, 'and the second factor still passes')
    t.match(payloadOf(again.session), { acr: 'urn:fastify-2fa:sms' })
  })
}

t.test('it changes nothing of the account, and lists nothing', async (t) => {
  const app = await build(t)
  const { browser, again } = await letInByBrowser(app)
  for (const url of ['/auth/account/sessions', '/auth/account/browsers']) t.equal((await again.session.inject(url)).statusCode, 403, url)
  for (const [url, body] of [['/auth/account/sessions/end', { others: true }], ['/auth/account/browsers/end', { id: browser.id }]] as const) {
    t.equal((await post(again.session, url, body)).statusCode, 403, url)
  }
  t.equal((await registerAs(newBrowser(), again.session)).statusCode, 403, 'nor does it make another browser known')
})

t.test('a browser is known for thirty days, and the routes can ask for a fresh proof', async (t) => {
  const app = await build(t)
  const { alice, browser, again } = await letInByBrowser(app)
  t.equal((await again.session.inject('/fresh-news')).statusCode, 200)
  advance('6m')
  t.equal((await again.session.inject('/fresh-news')).statusCode, 403)
  t.equal((await again.session.inject('/news')).statusCode, 200)
  advance('30d')
  await post(again.session, '/auth/session/refresh')
  t.equal((await again.session.inject('/news')).statusCode, 403, 'in a session that has proved it')
  isRefused(t, await proveAs(browser, (await signIn(app, alice)).session), 'AUTH_BROWSER_UNKNOWN')
})

t.test('a new password, a changed factor and signing out everywhere end every known browser', async (t) => {
  const app = await build(t)
  const ends: Record<string, (userId: string) => Promise<unknown>> = {
    'a new password': async (userId) => await EmailPassword.updateEmailOrPassword({ recipeUserId: convertToRecipeUserId(userId), password: 'another horse 2' }),
    'signing out everywhere': async (userId) => await Session.revokeAllSessionsForUser(userId),
    'a changed factor': async (userId) => await updateMetadata(userId, { passwordlessUserId: null })
  }
  for (const [what, end] of Object.entries(ends)) {
    const alice = await signInWithSecondFactor(app)
    const browser = newBrowser()
    await registerAs(browser, alice.session)
    await end(alice.userId)
    const again = await signIn(app, { ...alice, ...(what === 'a new password' && { password: 'another horse 2' }) })
    isRefused(t, await proveAs(browser, again.session), 'AUTH_BROWSER_UNKNOWN')
    t.equal((await again.session.inject('/news')).statusCode, 403, what)
  }
})

t.test('owners see their browsers and end one, with the sessions that it may have', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const [laptop, tablet] = [newBrowser(), newBrowser()]
  await registerAs(laptop, alice.session, 'My laptop')
  await registerAs(tablet, alice.session)
  const session = (await signIn(app, alice)).session
  await proveAs(tablet, session)
  const { browsers } = (await alice.session.inject('/auth/account/browsers')).json()
  t.match(browsers, [{ id: laptop.id, name: 'My laptop', addedAt: Number, expiresAt: Number }, { id: tablet.id, name: 'Browser' }])
  t.notMatch(JSON.stringify(browsers), 'standing')
  t.same((await post(alice.session, '/auth/account/browsers/end', { id: tablet.id })).json(), { status: 'OK', didBrowserExist: true })
  t.same((await post(alice.session, '/auth/account/browsers/end', { id: tablet.id })).json(), { status: 'OK', didBrowserExist: false })
  t.equal((await session.inject('/news')).statusCode, 401)
  isRefused(t, await proveAs(tablet, (await signIn(app, alice)).session), 'AUTH_BROWSER_UNKNOWN')
  t.equal((await proveAs(laptop, (await signIn(app, alice)).session)).json().status, 'OK', 'the other one stays known')
})

t.test('ten are known at most: another one takes the place of the oldest', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const browsers = Array.from({ length: 12 }, newBrowser)
  for (const browser of browsers) {
    t.equal((await registerAs(browser, alice.session)).json().status, 'OK')
    advance('1s')
  }
  const { browsers: listed } = (await alice.session.inject('/auth/account/browsers')).json<{ browsers: { id: string }[] }>()
  t.strictSame(listed.map(({ id }) => id), browsers.slice(2).map(({ id }) => id))
})

t.test('what apps put into a session makes no browser known', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { getUser } = await import('supertokens-node')
  const { loginMethods: [login] } = (await getUser(alice.userId))!
  const made = await Session.createNewSessionWithoutRequestResponse('public', login!.recipeUserId, { '2fa-known-browser': { v: Date.now() + 1e9, t: Date.now() } })
  t.equal(made.getAccessTokenPayload()['2fa-known-browser'], undefined)
  t.equal((await app.inject({ url: '/news', headers: { authorization: `Bearer ${made.getAccessToken()}` } })).statusCode, 403)
})

t.test('a route that names factors cannot accept a known browser as well, and what is neither true nor false stops the boot', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { ...(await testCore()).options, knownBrowsers: true, maxEventLoopDelay: 0 })
  for (const secondFactor of [{ acceptKnownBrowser: true, factors: ['sms'] }, { acceptKnownBrowser: 'yes' as never }]) {
    t.throws(() => app.get('/both', { preHandler: require2FA, config: { secondFactor } }, async () => 'in'), { code: 'AUTH_OPTIONS_INVALID', message: /acceptKnownBrowser/ })
  }
})
