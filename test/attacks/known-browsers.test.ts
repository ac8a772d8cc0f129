import Fastify, { type FastifyInstance } from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { require2FA } from '../../src/index.js'
import { advance } from '../../src/testing/clock.js'
import { passSecondFactor, requestCode, signIn, signInWithSecondFactor, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { challengeFor, newBrowser, ORIGIN, proveAs, registerAs, type Browser } from '../account/browser.js'
import { testCore } from '../helper.js'
import { isRefused } from '../refused.js'
import { post } from './suite/clients.js'
import { callsOf, interleave } from './suite/hold-call.js'

const RESTART = { status: 'RESTART_FLOW_ERROR' }
const PROOF = '/auth/account/browsers/proof'

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { ...(await testCore()).options, knownBrowsers: true, maxEventLoopDelay: 0 })
  app.get('/news', { preHandler: require2FA, config: { secondFactor: { acceptKnownBrowser: true } } }, async () => 'in')
  await app.ready()
  return app
}

/** An account with a known browser. */
async function withBrowser (app: FastifyInstance): Promise<{ alice: SignedInUser, browser: Browser }> {
  const [alice, browser] = [await signInWithSecondFactor(app), newBrowser()]
  await registerAs(browser, alice.session)
  return { alice, browser }
}

const isLetIn = async (session: TestSession): Promise<boolean> => (await session.inject('/news')).statusCode === 200

t.test('a proof is worth nothing in another session, for another purpose, from another site or a second time', async (t) => {
  const app = await build(t)
  const { alice, browser } = await withBrowser(app)
  const [mallory, hers] = [await signIn(app, alice), await signIn(app, alice)]
  const [own, other] = [await challengeFor(mallory.session), await challengeFor(hers.session)]
  const prove = { ...own, purpose: 'prove' } as const
  const forged = {
    'of the challenge of another session': browser.sign({ ...other, purpose: 'prove' }),
    'that names another session': browser.sign({ ...prove, session: other.session }),
    'that makes a browser known': browser.sign({ ...own, purpose: 'register' }),
    'on another site': browser.sign({ ...prove, origin: 'https://evil.example' })
  }
  for (const [what, signature] of Object.entries(forged)) {
    t.same((await post(mallory.session, PROOF, { id: browser.id, signature, origin: ORIGIN })).json(), RESTART, what)
    t.notOk(await isLetIn(mallory.session), what)
  }
  const signature = browser.sign({ ...prove, origin: 'https://evil.example' })
  t.same((await post(mallory.session, PROOF, { id: browser.id, signature, origin: 'https://evil.example' })).json(), RESTART, 'and says so')

  const body = { id: browser.id, signature: browser.sign({ ...other, purpose: 'prove' }), origin: ORIGIN }
  t.equal((await post(hers.session, PROOF, body)).json().status, 'OK')
  t.same((await post(hers.session, PROOF, body)).json(), RESTART, 'once')
  const old = await challengeFor(hers.session)
  advance('6m')
  t.same((await post(hers.session, PROOF, { id: browser.id, signature: browser.sign({ ...old, purpose: 'prove' }), origin: ORIGIN })).json(), RESTART, 'in time')
})

t.test('of one proof that arrives twice at once, one passes', async (t) => {
  const app = await build(t)
  const { alice, browser } = await withBrowser(app)
  const { session } = await signIn(app, alice)
  const body = { id: browser.id, signature: browser.sign({ ...await challengeFor(session), purpose: 'prove' }), origin: ORIGIN }
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(session.copy(), PROOF, body)))
  t.equal(answers.filter((answer) => answer.json().status === 'OK').length, 1)
})

t.test('a browser of Mallory\'s is none of Alice\'s, whatever it is called', async (t) => {
  const app = await build(t)
  const { alice, browser } = await withBrowser(app)
  const theirs = await withBrowser(app)
  const { session } = await signIn(app, alice)
  isRefused(t, await proveAs(theirs.browser, session), 'AUTH_BROWSER_UNKNOWN')
  t.same((await proveAs({ ...newBrowser(), id: browser.id }, session)).json(), RESTART)
  for (const id of ['', '__proto__', `${browser.id}:`]) isRefused(t, await proveAs({ ...browser, id }, session), 'AUTH_BROWSER_UNKNOWN')
  t.notOk(await isLetIn(session))
})

t.test('wrong signatures count with wrong codes, and a right one clears nothing', async (t) => {
  const app = await build(t)
  const { alice, browser } = await withBrowser(app)
  const { session, ...user } = await signIn(app, alice)
  const impostor = { ...newBrowser(), id: browser.id }
  for (let i = 0; i < 4; i++) t.same((await proveAs(impostor, session)).json(), RESTART)
  t.equal((await proveAs(browser, session)).json().status, 'OK')
  const code = await requestCode(app, { ...user, session })
  const wrong = { ...code, userInputCode: code.userInputCode === '000000' ? '000001' : '000000' }
  t.equal((await post(session, '/auth/signinup/code/consume', wrong)).json().status, 'INCORRECT_USER_INPUT_CODE_ERROR', 'the fifth')
  isRefused(t, await post(session, '/auth/signinup/code/consume', code), 'AUTH_LIMIT_REACHED')
  isRefused(t, await proveAs(browser, session), 'AUTH_LIMIT_REACHED', 'nor does the right key pass meanwhile')
})

t.test('nobody makes a browser known without a fresh second factor', async (t) => {
  const app = await build(t)
  const { alice, browser: known } = await withBrowser(app)
  const mallory = await signIn(app, alice)
  t.equal((await registerAs(newBrowser(), mallory.session)).statusCode, 403)
  advance('6m')
  isRefused(t, await registerAs(newBrowser(), alice.session), 'AUTH_ENROLMENT_REFUSED')
  await passSecondFactor(app, alice)
  const { challenge, session } = await challengeFor(alice.session)
  const browser = newBrowser()
  const signature = browser.sign({ challenge, session, purpose: 'register' })
  const register = (body: object) => post(alice.session, '/auth/account/browsers', { publicKey: browser.publicKey, signature, origin: ORIGIN, ...body })
  t.same((await register({ publicKey: known.publicKey })).json(), RESTART, 'another\'s key')
  t.same((await register({ publicKey: { ...browser.publicKey, x: 'A'.repeat(43) } })).json(), RESTART, 'what is no key')
  t.same((await register({ origin: 'https://evil.example' })).json(), RESTART)
  for (const body of [{ publicKey: { ...browser.publicKey, crv: 'P-384' } }, { publicKey: { kty: 'oct', k: 'x' } }, { signature: '' }, { signature: null }, { name: '\u0007' }, { publicKey: null }]) {
    isRefused(t, await register(body), 'AUTH_BODY_INVALID', JSON.stringify(body))
  }
  isRefused(t, await register({ name: 'x'.repeat(65) }), 'AUTH_INPUT_TOO_LONG')
  t.equal((await register({})).json().status, 'OK')
  t.same((await register({})).json(), RESTART, 'once')
})

t.test('the browser is forgotten, or all sessions end, at any moment of a proof: nothing is left', async (t) => {
  const app = await build(t)
  const { alice, browser } = await withBrowser(app)
  const probe = await signIn(app, alice)
  const count = (await callsOf(() => proveAs(browser, probe.session))).length
  for (let index = 0; index < count; index++) {
    await passSecondFactor(app, alice)
    const other = newBrowser()
    await registerAs(other, alice.session)
    const thief = await signIn(app, alice)
    await interleave(() => proveAs(other, thief.session), index, () => post(alice.session, '/auth/account/browsers/end', { id: other.id }))
    t.notOk(await isLetIn(thief.session), `forgotten after call ${index}`)
    t.equal((await Session.getAllSessionHandlesForUser(alice.userId)).length, 1)
    // Codes have a cool-down.
    advance('10m')
  }
  const thief = await signIn(app, alice)
  await interleave(() => proveAs(browser, thief.session), count - 1, () => Session.revokeAllSessionsForUser(alice.userId))
  t.notOk(await isLetIn(thief.session))
})
