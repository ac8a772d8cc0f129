import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA, SecondFactorClaim, secondFactorValidator, verifySession, type Fastify2faOptions } from '../../src/index.js'
import { deleteUser, EmailVerification, Session, UserRoles, type SessionContainerInterface } from '../../src/supertokens/for-hosts.js'
import { signInWithSecondFactor, type SignedInUser, type TestSession, type TransferMethod } from '../../src/testing/index.js'

interface SuiteOptions {
  /** Options with the Core, and senders that fill the outbox. */
  options: Fastify2faOptions
  /** Ends a session in the Core, as another replica does: this process does not learn of it. */
  endElsewhere (sessionHandle: string): Promise<void>
}

type Act = (session: SessionContainerInterface) => unknown

/** Every function of a session that asks the Core. */
const ASKING: Record<string, Act> = {
  getTimeCreated: (session) => session.getTimeCreated(),
  getExpiry: (session) => session.getExpiry(),
  getSessionDataFromDatabase: (session) => session.getSessionDataFromDatabase(),
  updateSessionDataInDatabase: (session) => session.updateSessionDataInDatabase({ cart: 1 }),
  mergeIntoAccessTokenPayload: (session) => session.mergeIntoAccessTokenPayload({ plan: 'pro' }),
  'mergeIntoAccessTokenPayload with null': (session) => session.mergeIntoAccessTokenPayload({ plan: null }),
  setClaimValue: (session) => session.setClaimValue(SecondFactorClaim, true),
  removeClaim: (session) => session.removeClaim(SecondFactorClaim),
  fetchAndSetClaim: (session) => session.fetchAndSetClaim(UserRoles.UserRoleClaim),
  'fetchAndSetClaim of the address': (session) => session.fetchAndSetClaim(EmailVerification.EmailVerificationClaim),
  'assertClaims that fetches': (session) => session.assertClaims([UserRoles.UserRoleClaim.validators.excludes('guest', 0)])
}

/** Guards before a handler. The last one asks the Core each time; the others go by the token, and soon by the cache. */
const GUARDS = [require2FA, verifySession(), verifySession({ checkDatabase: true })]

function tell (session: SessionContainerInterface) {
  return {
    handle: session.getHandle(),
    user: session.getUserId(),
    recipeUser: session.getRecipeUserId().getAsString(),
    tenant: session.getTenantId(),
    token: session.getAccessToken(),
    payload: session.getAccessTokenPayload() as Record<string, unknown>,
    tokens: session.getAllSessionTokensDangerously()
  }
}

const tokenOf = ({ cookies, tokens }: TestSession) => cookies.get('sAccessToken') ?? tokens.get('st-access-token') ?? ''
const refresh = (session: TestSession) => session.inject({ method: 'POST', url: '/auth/session/refresh' })

function payloadOf (token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

/** Functions of `request.session` in handlers of a host, as guide 003 lists them. */
export function sessionFunctions ({ options, endElsewhere }: SuiteOptions): void {
  const ENDS: Record<string, Act> = {
    'in this process': (session) => Session.revokeSession(session.getHandle()),
    elsewhere: (session) => endElsewhere(session.getHandle()),
    'with the account': (session) => deleteUser(session.getUserId())
  }

  /** An app whose handlers do `act`; at `/NUMBER` behind each guard. */
  async function build (t: Test, act: (request: FastifyRequest & { session: SessionContainerInterface }) => unknown, more: Fastify2faOptions = {}, prepare: (app: FastifyInstance) => void = () => {}) {
    const app = Fastify({ logger: false })
    t.teardown(() => app.close())
    prepare(app)
    await app.register(fastify2fa, { ...options, ...more })
    for (const [index, guard] of GUARDS.entries()) app.post(`/${index}`, { preHandler: guard }, async (request) => await act(request) ?? {})
    await app.ready()
    return app
  }

  const call = (session: TestSession, url = '/0', payload: object = {}) => session.inject({ method: 'POST', url, payload })

  for (const transferMethod of ['cookie', 'header'] as const) eachTransport(transferMethod)

  function eachTransport (transferMethod: TransferMethod): void {
    const signedIn = (app: FastifyInstance) => signInWithSecondFactor(app, { transferMethod })

    t.test(`what a session says of itself is the same behind every guard, cached or not (${transferMethod})`, async (t) => {
      const app = await build(t, async ({ session }) => ({ ...tell(session), created: await session.getTimeCreated(), expiry: await session.getExpiry() }))
      const before = Date.now()
      const { session, userId } = await signedIn(app)
      const token = tokenOf(session)
      const first = (await call(session, '/2')).json()
      t.match(first, { user: userId, recipeUser: userId, tenant: 'public', token, payload: payloadOf(token), handle: payloadOf(token).sessionHandle })
      t.match(first.tokens, { accessToken: token, accessAndFrontTokenUpdated: false })
      t.match(JSON.parse(Buffer.from(first.tokens.frontToken, 'base64').toString()), { uid: userId, ate: Number(payloadOf(token).exp) * 1000 })
      t.notOk('refreshToken' in first.tokens, 'a request does not bring it')
      t.ok(first.created >= before && first.created <= Date.now(), 'milliseconds since 1970')
      t.ok(first.expiry > first.created + 3_600_000, 'the session outlives its access token')
      for (const url of ['/0', '/1', '/2']) {
        app.twoFactor.sessionCache.clear()
        for (const temperature of ['cold', 'warm']) t.same((await call(session, url)).json(), first, `${url} ${temperature}`)
      }
      t.ok(app.twoFactor.sessionCache.hits > 0, 'some came from the cache')
    })

    t.test(`a payload is merged, and null removes (${transferMethod})`, async (t) => {
      const app = await build(t, async ({ session, body }) => {
        await session.mergeIntoAccessTokenPayload(body as Record<string, string | null>)
        return session.getAccessTokenPayload() as object
      })
      for (const url of ['/0', '/1', '/2']) {
        const { session } = await signedIn(app)
        await call(session, url)
        const seen = async (update: object, token = session) => {
          const answer = (await call(token, url, update)).json()
          t.same(payloadOf(tokenOf(token)), answer, 'the answer brings the new token')
          return answer
        }
        const older = session.copy()
        t.match(await seen({ plan: 'pro', theme: { dark: true } }), { plan: 'pro', theme: { dark: true } })
        t.equal(tokenOf(session) === tokenOf(older), false)
        t.match(await seen({ theme: null }), { plan: 'pro', theme: undefined })
        t.notOk('theme' in payloadOf(tokenOf(session)))
        await refresh(session)
        t.match(payloadOf(tokenOf(session)), { plan: 'pro', theme: undefined }, 'after a refresh too')
        t.match(await seen({ plan: null }, older), { plan: undefined }, 'a token from before `plan` was added removes it all the same')
        await refresh(session)
        t.notOk('plan' in payloadOf(tokenOf(session)))
        t.match(payloadOf(tokenOf(session)), { '2fa-completed': { v: true } }, 'the rest stays')
      }
    })

    t.test(`session data stays in the Core, and is replaced as a whole (${transferMethod})`, async (t) => {
      const app = await build(t, async ({ session, body }) => {
        const before = await session.getSessionDataFromDatabase()
        await session.updateSessionDataInDatabase(body)
        return { before, after: await session.getSessionDataFromDatabase() }
      })
      const { session } = await signedIn(app)
      const token = tokenOf(session)
      let before = {}
      for (const [index, after] of [{ cart: [1] }, { secret: 'x', none: null }, {}].entries()) {
        t.same((await call(session, `/${index}`, after)).json(), { before, after })
        before = after
      }
      t.equal(tokenOf(session), token, 'no token changes')
    })

    t.test(`revokeSession in a handler signs out, and a second time does no harm (${transferMethod})`, async (t) => {
      const app = await build(t, async ({ session }) => {
        await session.revokeSession()
        await session.revokeSession()
        return { bye: session.getUserId() }
      })
      for (const url of ['/0', '/1', '/2']) {
        const { session, userId } = await signedIn(app)
        const thief = session.copy()
        const response = await call(session, url)
        t.match([response.statusCode, response.json()], [200, { bye: userId }])
        t.equal(tokenOf(session), '', 'the client has no tokens any more')
        t.match([(await call(thief, url)).statusCode, (await refresh(thief)).statusCode], [401, 401])
      }
    })

    t.test(`each function that asks the Core is 401 after the session's end, and a refresh then deletes the tokens (${transferMethod})`, async (t) => {
      const app = await build(t, async ({ session, body }) => {
        const { where, name } = body as { where: string, name: string }
        await ENDS[where]!(session)
        return await ASKING[name]!(session)
      })
      async function refused (where: string, name: string, url = '/0'): Promise<void> {
        const { session } = await signedIn(app)
        const token = tokenOf(session)
        const response = await call(session, url, { where, name })
        t.match([response.statusCode, response.json()], [401, { message: 'unauthorised' }], `${name} ${where} ${url}`)
        t.equal(tokenOf(session), token, 'the answer may be older than newer tokens, and deletes none')
        t.equal((await refresh(session)).statusCode, 401)
        t.equal(tokenOf(session), '', 'a refresh does')
      }
      for (const where of Object.keys(ENDS)) {
        for (const name of Object.keys(ASKING)) await refused(where, name)
        for (const url of ['/1', '/2']) await refused(where, 'mergeIntoAccessTokenPayload', url)
      }
    })

    t.test(`claims that a handler asserts are refused as a guard refuses them (${transferMethod})`, async (t) => {
      const app = await build(t, async ({ session }) => {
        await session.assertClaims([secondFactorValidator(SecondFactorClaim, 0), UserRoles.UserRoleClaim.validators.includes('admin')])
      })
      const { session } = await signedIn(app)
      const response = await call(session)
      t.match([response.statusCode, response.json()], [403, { message: 'invalid claim', claimValidationErrors: [{ id: 'st-role', reason: { message: 'wrong value' } }] }])
    })
  }

  t.test('with guardRefusals \'throw\', the host\'s error handler answers these too', async (t) => {
    const app = await build(t, async ({ session }) => {
      await session.revokeSession()
      await session.updateSessionDataInDatabase({})
    }, { guardRefusals: 'throw' }, (app) => {
      app.setErrorHandler(async (error: { statusCode: number, code: string, body: object }, _request, reply) => reply.code(error.statusCode).send({ problem: error.code, ...error.body }))
    })
    const { session } = await signInWithSecondFactor(app)
    const response = await call(session)
    t.match([response.statusCode, response.json()], [401, { problem: 'AUTH_UNAUTHORISED', message: 'unauthorised' }])
    t.equal(tokenOf(session), '', 'what revokeSession deletes stays deleted')
  })

  t.test('a role that is fetched for a session that has ended deletes no tokens either', async (t) => {
    const app = await build(t, () => {}, {}, (app) => {
      // With a most age of 0 instead, roles fetched a millisecond ago would be "expired".
      const fetching = { ...UserRoles.UserRoleClaim.validators.excludes('guest'), shouldRefetch: () => true }
      app.get('/admin', { preHandler: verifySession({ overrideGlobalClaimValidators: () => [fetching] }) }, async () => 'in')
    })
    const user: SignedInUser = await signInWithSecondFactor(app)
    const token = tokenOf(user.session)
    t.equal((await user.session.copy().inject('/admin')).statusCode, 200)
    await endElsewhere(String(payloadOf(token).sessionHandle))
    t.equal((await user.session.inject('/admin')).statusCode, 401)
    t.equal(tokenOf(user.session), token)
  })
}
