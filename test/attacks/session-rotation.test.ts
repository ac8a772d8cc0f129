import Fastify, { type FastifyInstance } from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { verifySession } from '../../src/index.js'
import { advance } from '../../src/testing/clock.js'
import { passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { callsOf, interleave } from './suite/hold-call.js'
import { accessTokenOf, payloadOf, post, refreshTokenOf } from './suite/clients.js'

const METHODS = ['cookie', 'header'] as const
const anyClaim = { overrideGlobalClaimValidators: () => [] }

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { ...(await testCore()).options, maxEventLoopDelay: 0 })
  app.get('/password', { preHandler: verifySession(anyClaim) }, async () => 'in')
  app.get('/database', { preHandler: verifySession({ checkDatabase: true, ...anyClaim }) }, async () => 'in')
  app.get('/optional', { preHandler: verifySession({ sessionRequired: false, ...anyClaim }) }, async ({ session }) => ({ user: session?.getUserId() ?? null }))
  await app.ready()
  return app
}

const consume = (session: TestSession, payload: object) => post(session, '/auth/signinup/code/consume', payload)
const handlesOf = async (userId: string): Promise<string[]> => await Session.getAllSessionHandlesForUser(userId)

/** A copy of all tokens opens nothing any more, and makes no new ones. */
async function assertWorthless (t: Test, copy: TestSession, what: string): Promise<void> {
  const before = [accessTokenOf(copy), refreshTokenOf(copy)]
  for (const url of ['/me', '/password', '/database', '/optional', '/examples/session-data']) {
    t.equal((await copy.inject(url)).statusCode, 401, `${what}: ${url}`)
  }
  t.equal((await post(copy, '/auth/signinup/code', {})).statusCode, 401, `${what}: asks for a code`)
  t.equal((await copy.inject({ method: 'PUT', url: '/auth/mfa/info', payload: {} })).statusCode, 401, `${what}: the choice`)
  const refreshed = await post(copy, '/auth/session/refresh')
  t.equal(refreshed.statusCode, 409, `${what}: refresh`)
  t.strictSame([accessTokenOf(copy), refreshTokenOf(copy)], before, `${what}: no token came, and none was deleted`)
  advance('1m')
  t.equal((await post(copy, '/auth/session/refresh')).statusCode, 409, 'by no clock of the wall')
}

for (const transferMethod of METHODS) {
  t.test(`tokens of a ${transferMethod} session that were copied before the code are worthless after it`, async (t) => {
    const app = await build(t)
    const alice = await signInWithSecondFactor(app)
    const home = await signIn(app, { ...alice, transferMethod })
    const [copy, refreshed] = [home.session.copy(), home.session.copy()]
    // The guard knows the copy, and another copy has been refreshed.
    for (let i = 0; i < 2; i++) t.equal((await copy.inject('/password')).statusCode, 200)
    t.equal((await post(refreshed, '/auth/session/refresh')).statusCode, 200)
    const challenge = await requestCode(app, home)
    const handle = payloadOf(home.session).sessionHandle

    t.equal((await consume(home.session, challenge)).json().status, 'OK')
    await assertWorthless(t, copy, 'copied')
    t.equal((await refreshed.inject('/password')).statusCode, 401, 'refreshed by the thief')
    t.equal((await post(refreshed, '/auth/session/refresh')).statusCode, 401)
    t.notOk(refreshTokenOf(refreshed), 'and no tokens are left of that')

    const { sessionHandle, '2fa-completed': claim } = payloadOf(home.session)
    t.not(sessionHandle, handle)
    t.match(claim, { v: true })
    t.notOk((await handlesOf(alice.userId)).includes(handle), 'the Core has forgotten it')
    for (let i = 0; i < 2; i++) {
      t.equal((await home.session.inject('/me')).statusCode, 200, 'the owner is in')
      t.equal((await home.session.inject('/database')).statusCode, 200)
      t.equal((await post(home.session, '/auth/session/refresh')).statusCode, 200, 'and stays in')
    }
    if (transferMethod === 'cookie') t.notOk(home.session.tokens.has('st-refresh-token'))
    else t.equal(home.session.cookies.size, 0)
  })

  t.test(`a fresh code ends copies of a ${transferMethod} session that had passed before`, async (t) => {
    const app = await build(t)
    const alice = await signInWithSecondFactor(app, { transferMethod })
    const copy = alice.session.copy()
    for (let i = 0; i < 2; i++) t.equal((await copy.inject('/me')).statusCode, 200)
    await passSecondFactor(app, alice)
    await assertWorthless(t, copy, 'copied')
    t.equal((await alice.session.inject('/me')).statusCode, 200)
  })
}

t.test('the session ends at any moment of the answer, and nothing is left of it', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const first = await signIn(app, alice)
  const challenge = await requestCode(app, first)
  const calls = await callsOf(() => consume(first.session, challenge))
  t.match(calls.slice(-2), [/POST .*\/recipe\/session$/, /POST .*\/recipe\/session\/remove$/])
  await Session.revokeAllSessionsForUser(alice.userId)

  async function endAfter (index: number, end: (handle: string) => Promise<unknown>, what: string): Promise<void> {
    const victim = await signIn(app, alice)
    const challenge = await requestCode(app, victim)
    const { sessionHandle } = payloadOf(victim.session)
    await interleave(() => consume(victim.session, challenge), index, () => end(sessionHandle))
    t.strictSame(await handlesOf(alice.userId), [], `${what}, after ${calls[index]}`)
    t.equal((await post(victim.session, '/auth/session/refresh')).statusCode, 401)
  }

  for (const index of calls.keys()) await endAfter(index, () => Session.revokeAllSessionsForUser(alice.userId), 'all sessions')
  // Once it is replaced, its handle names nothing any more.
  for (const index of calls.slice(0, -1).keys()) await endAfter(index, (handle) => Session.revokeSession(handle), 'the session')
})

t.test('a session does not outlive the end of all by being replaced in the middle of it', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const endings: Record<string, () => Promise<unknown>> = {
    'all sessions': () => Session.revokeAllSessionsForUser(alice.userId),
    'the others, by a session of hers': async () => {
      const own = await signIn(app, alice)
      const session = await Session.getSessionWithoutRequestResponse(accessTokenOf(own.session), undefined, { overrideGlobalClaimValidators: () => [] })
      const { endOtherSessions } = await import('../../src/session/end-sessions.js')
      await endOtherSessions(session!, {} as never)
      await session!.revokeSession()
    }
  }
  for (const [what, end] of Object.entries(endings)) {
    const count = (await callsOf(async () => { await signIn(app, alice); await end() })).length
    for (let index = 0; index < count; index++) {
      const thief = await signIn(app, alice)
      const challenge = await requestCode(app, thief)
      await interleave(end, index, async () => { await consume(thief.session, challenge) })
      t.strictSame(await handlesOf(alice.userId), [], `${what}, call ${index}`)
    }
  }
})

t.test('the right answer twice at once: one passes, and the other signs nobody out', async (t) => {
  const app = await build(t)
  for (const transferMethod of METHODS) {
    const user = await signInWithSecondFactor(app)
    const home = await signIn(app, { ...user, transferMethod })
    const challenge = await requestCode(app, home)
    const twin = home.session.copy()
    const answers = await Promise.all([consume(home.session, challenge), consume(twin, challenge)])
    const [winner, other] = answers[0].json().status === 'OK' ? answers : answers.toReversed() as typeof answers
    t.equal(winner.json().status, 'OK')
    t.not(other.json().status, 'OK')
    t.notOk(other.headers['front-token'], 'no tokens are deleted')
    t.strictSame(other.cookies, [])
    // A page that sent it once more after the answer.
    const late = await consume(twin.copy(), challenge)
    t.notOk(late.headers['front-token'])
    t.strictSame(late.cookies, [])
  }
})

t.test('what a host keeps in the session comes along', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const { sessionHandle } = payloadOf(user.session)
  await Session.updateSessionDataInDatabase(sessionHandle, { cart: [1] })
  await Session.mergeIntoAccessTokenPayload(sessionHandle, { theme: 'dark' })
  await passSecondFactor(app, user)
  const after = payloadOf(user.session)
  t.match(after, { theme: 'dark', iss: /.+/, sub: user.userId, tId: 'public', amr: ['pwd', 'otp', 'sms', 'mfa'] })
  const information = await Session.getSessionInformation(after.sessionHandle)
  t.strictSame(information?.sessionDataInDatabase, { cart: [1] })
})
