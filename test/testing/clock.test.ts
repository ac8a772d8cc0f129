import { mock } from 'node:test'
import Fastify from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import { fastify2fa, require2FA, SecondFactorClaim } from '../../src/index.js'
import { advance, passSecondFactor, requestCode, resetClock, signIn, signInWithSecondFactor, signUp, startTestCore, type SignedInUser } from '../../src/testing/index.js'

const { Date: RealDate, setTimeout: realSetTimeout } = globalThis
const HOUR = 3_600_000

const core = await startTestCore()
const app = Fastify()
await app.register(fastify2fa, { ...core.options, limits: { signIn: { refusalTime: 1 }, signUps: false, mails: false } })
app.get('/orders', { preHandler: require2FA }, async () => 'here')
app.post('/payout', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } } }, async () => 'paid')
// A claim check of the SDK's, by the SDK's own clock.
app.get('/recent', { preHandler: require2FA }, async ({ session }) => {
  return (await Session.validateClaimsForSessionHandle(session!.getHandle(), () => [SecondFactorClaim.validators.hasValue(true, 300)]))
})
await app.ready()

const orders = async ({ session }: SignedInUser) => (await session.inject('/orders')).statusCode
const refresh = async ({ session }: SignedInUser) => (await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode
const send = async ({ session }: SignedInUser, path: string, payload: object = {}) => (await session.inject({ method: 'POST', url: path, payload })).json()
const consume = (user: SignedInUser, payload: object) => send(user, '/auth/signinup/code/consume', payload)
const moved = () => Math.round((Date.now() - RealDate.now()) / HOUR)

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`an access token ends after an hour, and is refreshed for a hundred days (${transferMethod} session)`, async (t) => {
    const user = await signInWithSecondFactor(app, { transferMethod })
    t.strictSame([await orders(user), await orders(user)], [200, 200], 'and is known by now')
    advance('66m')
    t.equal(await orders(user), 401)
    t.strictSame([await refresh(user), await orders(user)], [200, 200])
    // Beyond the time that signing keys are used for: a new one signs from now on.
    advance('8d')
    t.equal(await orders(user), 401)
    t.strictSame([await refresh(user), await orders(user)], [200, 200])
    advance('101d')
    t.equal(await refresh(user), 401)
  })
}

t.test('a second factor is too old for a route with maxAge, and for validators of the SDK', async (t) => {
  const user = await signInWithSecondFactor(app)
  const payout = async () => (await user.session.inject({ method: 'POST', url: '/payout' })).statusCode
  const invalid = async () => (await user.session.inject('/recent')).json().invalidClaims.length
  t.strictSame([await payout(), await invalid()], [200, 0])
  advance('6m')
  t.strictSame([await payout(), await orders(user), await invalid()], [403, 200, 1])
  await passSecondFactor(app, user)
  t.strictSame([await payout(), await invalid()], [200, 0])
})

t.test('a code works for five minutes', async (t) => {
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  advance('301s')
  t.not((await consume(user, challenge)).status, 'OK')
  const again = await requestCode(app, user)
  advance(299)
  t.equal((await consume(user, again)).status, 'OK')
})

t.test('the wait between two codes and the wait after wrong ones end', async (t) => {
  const user = await signUp(app)
  await requestCode(app, user)
  t.match(await send(user, '/auth/signinup/code', { phoneNumber: user.phoneNumber }), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /on its way\. Try again in 14 seconds/ })
  advance('14s')
  const next = await requestCode(app, user)
  const wrong = next.userInputCode === '000000' ? '000001' : '000000'
  for (let i = 0; i < 5; i++) t.not((await consume(user, { ...next, userInputCode: wrong })).status, 'OK')
  t.match(await consume(user, next), { status: 'GENERAL_ERROR', message: /Try again in 30 seconds/ })
  advance('30s')
  t.equal((await consume(user, await requestCode(app, user))).status, 'OK')
})

t.test('only the present moves: other dates, instances and timers stay as they are', async (t) => {
  t.ok(moved() > 24, 'it adds up')
  const before = moved()
  advance('1h')
  t.equal(moved(), before + 1)
  t.equal(Math.round((new Date().getTime() - RealDate.now()) / HOUR), before + 1)
  t.equal(new Date(Date()).getFullYear(), new Date().getFullYear())
  t.equal(new Date(0).getTime(), 0)
  t.equal(Date.UTC(2026, 0), RealDate.UTC(2026, 0))
  for (const one of [new Date(), new RealDate()]) t.ok(one instanceof Date && one instanceof RealDate)
  t.equal(Object.prototype.toString.call(new Date()), '[object Date]')
  t.equal(setTimeout, realSetTimeout)
  for (const wrong of ['', '5 minutes', '0m', 0, -1, NaN]) t.throws(() => { advance(wrong) }, { code: 'AUTH_OPTIONS_INVALID' }, String(wrong))
})

t.test('a host\'s fake clock is moved from where it stands, and put back by the host', async (t) => {
  const before = moved()
  const start = Date.now()
  mock.timers.enable({ apis: ['Date'], now: start })
  const user = await signInWithSecondFactor(app)
  advance('66m')
  t.equal(Date.now(), start + 66 * 60_000)
  t.equal(await orders(user), 401)
  t.strictSame([await refresh(user), await orders(user)], [200, 200])
  mock.timers.reset()
  t.equal(moved(), before)
})

t.test('a host\'s fake clock alone moves everything, whatever was started before it', async (t) => {
  const now = Date.now() + 2 * HOUR
  t.teardown(() => { mock.timers.reset() })
  mock.timers.enable({ apis: ['Date'], now })
  const user = await signInWithSecondFactor(app)
  const challenge = await requestCode(app, await signUp(app, { phoneNumber: '+12125550188' }))
  t.equal(await orders(user), 200)
  mock.timers.setTime(now + 66 * 60_000)
  t.equal(await orders(user), 401)
  t.strictSame([await refresh(user), await orders(user)], [200, 200])
  t.not((await consume(await signUp(app), challenge)).status, 'OK')
  t.equal(app.twoFactor.outbox.last()?.time, new RealDate(now).toISOString())
})

t.test('timers that a host fakes and never lets fire hold nothing up', async (t) => {
  const start = Date.now() + 8 * HOUR
  const performance = Object.getOwnPropertyDescriptor(globalThis, 'performance')!
  // Not setImmediate, which Fastify's inject and Node's fetch need.
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: start })
  // As sinon and Vitest do.
  Object.defineProperty(globalThis, 'performance', { configurable: true, value: { now: () => 0 } })
  t.teardown(() => {
    Object.defineProperty(globalThis, 'performance', performance)
    mock.timers.reset()
  })
  app.twoFactor.sessionCache.clear()
  const user = await signInWithSecondFactor(app)
  t.strictSame([await orders(user), await orders(user)], [200, 200])
  await t.rejects(signIn(app, { ...user, password: 'wrong 1' }), /WRONG_CREDENTIALS_ERROR/)
  t.equal((await signIn(app, user)).userId, user.userId)
})

t.test('the clock is set right by resetClock, and by closing the Core', async (t) => {
  resetClock()
  t.equal(globalThis.Date, RealDate)
  resetClock()
  t.equal(await orders(await signInWithSecondFactor(app)), 200)
  advance('1d')
  await app.close()
  await core.close()
  t.equal(globalThis.Date, RealDate)
})
