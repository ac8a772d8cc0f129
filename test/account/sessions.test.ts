import type { FastifyInstance } from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import t from 'tap'
import type { ListedSession } from '../../src/account/sessions.js'
import { advance } from '../../src/testing/clock.js'
import { passSecondFactor, signIn, signInWithSecondFactor, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { callsOf } from '../attacks/suite/hold-call.js'
import { payloadOf, post } from '../attacks/suite/clients.js'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

async function listed (session: TestSession): Promise<{ sessions: ListedSession[], total: number }> {
  const response = await session.inject('/auth/account/sessions')
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json()
}

const end = async (session: TestSession, body: object) => (await post(session, '/auth/account/sessions/end', body))

/** Another session of the user, both factors passed. */
async function another (app: FastifyInstance, user: SignedInUser, userAgent?: string): Promise<SignedInUser> {
  const session = (await signIn(app, user)).session
  if (userAgent === undefined) return { ...user, session }
  await post(session, '/auth/signin', { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: user.password }] }, { 'user-agent': userAgent })
  return { ...user, session }
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`owners see their sessions: where, since when, how far, and which is this one; with a ${transferMethod} session`, async (t) => {
    const app = await build(t)
    const alice = await signInWithSecondFactor(app, { transferMethod })
    const began = Date.now()
    advance('2h')
    t.equal((await post(alice.session, '/auth/session/refresh')).statusCode, 200)
    t.equal((await alice.session.inject('/me')).statusCode, 200, 'which the Core notes when the new token is used')
    const laptop = await another(app, { ...alice, session: alice.session }, FIREFOX)
    const { sessions, total } = await listed(alice.session)
    const [own, other] = sessions
    t.equal(total, 3, 'the client of the test signed in twice')
    t.match(own, { id: /^[\w-]{22}$/, isCurrent: true, passed: [{ factor: 'otp-phone', at: Number }] })
    t.ok(Math.abs(own!.startedAt - began) < 60_000, 'since the sign-in, although the second factor has made a new session')
    t.ok(own!.lastUsedAt! - own!.startedAt > 7_100_000, 'and used since')
    t.match(other, { isCurrent: false, browser: 'Firefox', system: 'Linux', passed: [] }, 'the newest of the others, which has passed no second factor')
    t.notMatch(JSON.stringify(sessions), payloadOf(alice.session).sessionHandle, 'no handle')
    await passSecondFactor(app, laptop)
    const [seen] = (await listed(laptop.session)).sessions
    t.match(seen, { isCurrent: true, browser: 'Firefox', system: 'Linux', passed: [{ factor: 'otp-phone' }] })
  })
}

t.test('one session is ended, or all others', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const [phone, tablet, laptop] = [await another(app, alice), await another(app, alice), await another(app, alice)]
  await passSecondFactor(app, phone)
  const mine = (await listed(phone.session)).sessions.find(({ isCurrent }) => isCurrent)!
  t.same((await end(alice.session, { id: mine.id })).json(), { status: 'OK', didSessionExist: true })
  t.equal((await phone.session.inject('/me')).statusCode, 401, 'its access token is refused here at once')
  t.equal((await post(phone.session, '/auth/session/refresh')).statusCode, 401)
  t.same((await end(alice.session, { id: mine.id })).json(), { status: 'OK', didSessionExist: false })
  t.equal((await listed(alice.session)).total, 3)

  t.same((await end(alice.session, { others: true })).json(), { status: 'OK' })
  t.strictSame(await Session.getAllSessionHandlesForUser(alice.userId), [payloadOf(alice.session).sessionHandle])
  for (const { session } of [tablet, laptop]) t.equal((await post(session, '/auth/session/refresh')).statusCode, 401)
  t.equal((await alice.session.inject('/me')).statusCode, 200)

  const [own] = (await listed(alice.session)).sessions
  t.same((await end(alice.session, { id: own!.id })).json(), { status: 'OK', didSessionExist: true })
  t.equal(alice.session.cookies.size, 0, 'to end this one is to sign out')
})

t.test('what cannot be meant is refused', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  for (const body of [{}, { others: false }, { id: 'x', others: true }, { id: 1 }, { id: null }, { others: 'yes' }]) {
    t.match((await end(alice.session, body)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_BODY_INVALID' }, JSON.stringify(body))
  }
  t.match((await end(alice.session, { id: 'x'.repeat(65) })).json(), { status: 'GENERAL_ERROR', code: 'AUTH_INPUT_TOO_LONG' })
})

t.test('of a thousand sessions the newest thirty are listed, in thirty-two calls, and all are ended in four', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const { getUser } = await import('supertokens-node')
  const user = await getUser(alice.userId)
  for (let i = 0; i < 100; i++) await Promise.all(Array.from({ length: 10 }, () => Session.createNewSessionWithoutRequestResponse('public', user!.loginMethods[0]!.recipeUserId)))
  const calls = await callsOf(async () => {
    const { sessions, total } = await listed(alice.session)
    t.equal(total, 1001)
    t.equal(sessions.length, 30)
    t.equal(sessions[0]?.isCurrent, true)
    t.same(sessions[1]?.browser, undefined, 'the host has made it, for nobody\'s browser')
  })
  t.ok(calls.length <= 32, `${calls.length} calls`)
  const ending = await callsOf(async () => { await end(alice.session, { others: true }) })
  t.ok(ending.length <= 7, ending.join())
  t.equal((await listed(alice.session)).total, 1)
})

t.test('unless it is switched on, nobody is told of a new browser, and none is kept', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const laptop = await another(app, alice, FIREFOX)
  await passSecondFactor(app, laptop)
  await app.twoFactor.delivered()
  t.strictSame(app.twoFactor.outbox.entries().filter(({ to }) => to === alice.email), [])
  const { metadata } = await UserMetadata.getUserMetadata(alice.userId)
  t.notHas(metadata, { 'fastify-2fa:seen-browsers': Array })
})
