import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { loadConfig } from '../../src/config/load.js'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, type SignedInUser, type TestSession, type TransferMethod } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { visitProvider, type Person } from './social-login/browser.js'
import { listen } from './social-login/listen.js'
import { CALLBACK, OTHER_APP, SERVICE, startOidcProvider } from './social-login/oidc.js'
import { startScriptedProvider } from './social-login/scripted.js'
import { isRefused } from '../refused.js'

const WEBSITES = ['http://localhost:3001', 'https://app.example.com']

const oidc = await startOidcProvider(t)
const scripted = await startScriptedProvider(t)
// The documents that Google and Apple publish.
const google = await startScriptedProvider(t)
const apple = await startScriptedProvider(t)
for (const [copy, issuer, page] of [
  [google, 'https://accounts.google.com', 'https://accounts.google.com/o/oauth2/v2/auth'],
  [apple, 'https://appleid.apple.com', 'https://appleid.apple.com/auth/authorize']
] as const) {
  copy.answers({ discovery: { body: { issuer, authorization_endpoint: page, token_endpoint: `${copy.issuer}/token`, jwks_uri: `${copy.issuer}/jwks` } } })
}

const closed = createServer()
const nobody = await listen(t, closed)
closed.close()

const applePrivateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const client = { clientId: SERVICE.client_id, clientSecret: SERVICE.client_secret, scope: ['openid', 'email'] }
// As operators write it: the short form, through the environment.
const thirdPartyProviders = loadConfig({
  THIRD_PARTY_PROVIDERS: JSON.stringify([
    { thirdPartyId: 'loopback', oidcDiscoveryEndpoint: oidc.discoveryEndpoint, ...client },
    { thirdPartyId: 'by-issuer', oidcDiscoveryEndpoint: oidc.issuer, ...client },
    { thirdPartyId: 'scripted', oidcDiscoveryEndpoint: scripted.discoveryEndpoint, ...client },
    { thirdPartyId: 'scripted-too', oidcDiscoveryEndpoint: `${scripted.issuer}/too/.well-known/openid-configuration`, ...client },
    { thirdPartyId: 'no-address-needed', oidcDiscoveryEndpoint: scripted.discoveryEndpoint, requireEmail: false, ...client },
    { thirdPartyId: 'down', oidcDiscoveryEndpoint: `${nobody}/.well-known/openid-configuration`, ...client },
    { thirdPartyId: 'several-clients', oidcDiscoveryEndpoint: oidc.discoveryEndpoint, clients: [{ clientType: 'web', ...client }, { clientType: 'ios', ...client, clientId: 'ios-app' }] },
    { thirdPartyId: 'google', clientId: 'google-client', clientSecret: 'google-secret', oidcDiscoveryEndpoint: google.discoveryEndpoint },
    { thirdPartyId: 'github', clientId: 'github-client', clientSecret: 'github-secret' },
    {
      thirdPartyId: 'apple',
      clientId: 'apple-client',
      additionalConfig: { keyId: 'key', teamId: 'team', privateKey: applePrivateKey },
      oidcDiscoveryEndpoint: apple.discoveryEndpoint
    }
  ])
}).options.thirdPartyProviders ?? []
const options: ServiceOptions = { thirdPartyProviders, appInfo: { websiteDomains: WEBSITES } }

interface SignIn extends Person {
  provider?: string
  transferMethod?: TransferMethod
}

const post = (session: TestSession, payload: object, headers = {}) => session.inject({ method: 'POST', url: '/auth/signinup', payload, headers })

function authorisationUrl (app: FastifyInstance, query: Record<string, string>): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'GET', url: '/auth/authorisationurl', query: { redirectURIOnProviderDashboard: CALLBACK, ...query } })
}

/** What a frontend has when the person is back from the provider. */
async function comeBack (app: FastifyInstance, { provider = 'loopback', ...person }: SignIn) {
  const { urlWithQueryParams, pkceCodeVerifier } = (await authorisationUrl(app, { thirdPartyId: provider })).json<{ urlWithQueryParams: string, pkceCodeVerifier: string }>()
  const redirectURIQueryParams = await visitProvider(urlWithQueryParams, person)
  return { thirdPartyId: provider, redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams, pkceCodeVerifier } }
}

async function signInUp (app: FastifyInstance, signIn: SignIn, phoneNumber = newPhoneNumber()): Promise<SignedInUser & { response: LightMyRequestResponse }> {
  const session = createTestSession(app, signIn.transferMethod)
  const response = await post(session, await comeBack(app, signIn))
  const { user } = response.json<{ user: { id: string, emails: string[] } }>()
  return { response, session, userId: user.id, email: String(user.emails[0]), password: '', phoneNumber }
}

/** What another client of the provider's, or the provider's own client, holds of a person. */
async function tokensFor (holder: typeof SERVICE, account: string) {
  const { code } = await visitProvider(oidc.authorisationUrl(holder), { account })
  const tokens = await oidc.exchange(holder, String(code))
  return { access_token: tokens.access_token, id_token: tokens.id_token }
}

async function refused (t: Test, app: FastifyInstance, payload: object, expected: object): Promise<void> {
  const session = createTestSession(app)
  const response = await post(session, payload)
  t.match({ statusCode: response.statusCode, ...response.json<object>() }, expected)
  t.equal(session.cookies.size, 0, 'no session')
}
const REFUSED = { statusCode: 200, status: 'GENERAL_ERROR', code: 'AUTH_PROVIDER_REFUSED', message: 'The sign-in provider did not accept this sign-in. Please try again.' }
const UNAVAILABLE = { statusCode: 503, code: 'AUTH_PROVIDER_UNAVAILABLE' }
const NOT_BOUND = { statusCode: 200, status: 'GENERAL_ERROR', code: 'AUTH_BODY_INVALID', message: /ID token/ }

function newAccount (claims?: Record<string, unknown>): string {
  const account = randomUUID()
  oidc.addAccount(account, claims ?? { email: `${account}@example.com`, email_verified: true })
  return account
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`social login, code, protected route, with a ${transferMethod} session`, async (t) => {
    const app = await build(t, options)
    const account = newAccount()
    const { response, ...user } = await signInUp(app, { account, transferMethod })
    t.equal(response.statusCode, 200)
    t.match(response.json(), {
      status: 'OK',
      createdNewRecipeUser: true,
      user: {
        emails: [`${account}@example.com`],
        thirdParty: [{ id: 'loopback', userId: account }],
        loginMethods: [{ recipeId: 'thirdparty', verified: true }]
      }
    })
    t.same(Object.keys(response.json()).sort(), ['createdNewRecipeUser', 'status', 'user'], 'the tokens of the provider stay here')

    const before = await user.session.inject('/me')
    t.equal(before.statusCode, 403, 'the first factor alone opens nothing')
    t.match(before.json().claimValidationErrors, [{ id: '2fa-completed', reason: { expectedValue: true, actualValue: false } }])

    await passSecondFactor(app, user)
    t.match((await user.session.inject('/me')).json(), { userId: user.userId, emails: [user.email], phoneNumber: user.phoneNumber })
    if (transferMethod === 'cookie') t.notOk(user.session.tokens.has('st-access-token'), 'a cookie session stays a cookie session')
    else t.equal(user.session.cookies.size, 0, 'a header session sets no cookies')
  })
}

t.test('the authorisation URL is the provider\'s, for our client, with a PKCE challenge', async (t) => {
  const app = await build(t, options)
  for (const thirdPartyId of ['loopback', 'by-issuer']) {
    const response = await authorisationUrl(app, { thirdPartyId })
    t.match(response.json(), { status: 'OK', pkceCodeVerifier: /^[\w~.-]{43,128}$/ })
    const url = new URL(response.json().urlWithQueryParams)
    t.equal(url.origin, oidc.issuer)
    t.match(Object.fromEntries(url.searchParams), {
      client_id: SERVICE.client_id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid email', code_challenge_method: 'S256', code_challenge: /^[\w-]{43}$/
    })
  }
})

t.test('a returning person is the same user and gets the code at the pinned number', async (t) => {
  const app = await build(t, options)
  const account = newAccount()
  const first = await signInUp(app, { account })
  await passSecondFactor(app, first)

  const again = await signInUp(app, { account }, first.phoneNumber)
  t.match(again.response.json(), { status: 'OK', createdNewRecipeUser: false, user: { id: first.userId } })
  const frontToken = JSON.parse(Buffer.from(String(again.session.tokens.get('front-token')), 'base64').toString())
  t.equal(frontToken.up.phoneNumber, first.phoneNumber, 'the frontend knows where the code goes')
  t.equal((await again.session.inject('/me')).statusCode, 403, 'a new session starts without the second factor')

  const elsewhere = await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  isRefused(t, elsewhere, 'AUTH_PHONE_MISMATCH')
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/me')).statusCode, 200)

  await app.twoFactor.operations.core.update(first.userId, { 'fastify-2fa:deleting': Date.now() })
  await refused(t, app, await comeBack(app, { account }), { statusCode: 200, status: 'GENERAL_ERROR' })
})

t.test('a code made for one social account does not open another', async (t) => {
  const app = await build(t, options)
  const alice = await signInUp(app, { account: newAccount() })
  const mallory = await signInUp(app, { account: newAccount() })
  for (const [holder, spender] of [[alice, mallory], [mallory, alice]] as const) {
    const challenge = await requestCode(app, holder)
    const consumed = await spender.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
    t.same(consumed.json(), { status: 'RESTART_FLOW_ERROR' })
    t.equal((await spender.session.inject('/me')).statusCode, 403)
  }
  await passSecondFactor(app, alice)
  t.equal((await alice.session.inject('/me')).json().phoneNumber, alice.phoneNumber)
})

t.test('frontends of every age get the answer in their own shape', async (t) => {
  const app = await build(t, options)
  for (const version of ['1.17', '2.0']) {
    const account = newAccount()
    const response = await post(createTestSession(app), await comeBack(app, { account }), { 'fdi-version': version })
    t.match(response.json(), { status: 'OK', createdNewUser: true, user: { id: String, email: `${account}@example.com`, timeJoined: Number, thirdParty: { id: 'loopback', userId: account } } }, version)
  }
  for (const version of ['1.18', '3.0', '3.1', '4.1']) {
    const account = newAccount()
    const payload = { ...await comeBack(app, { account }), shouldTryLinkingWithSessionUser: true }
    const response = await post(createTestSession(app), payload, { 'fdi-version': version })
    t.match(response.json(), { status: 'OK', createdNewRecipeUser: true, user: { id: String, emails: [`${account}@example.com`], isPrimaryUser: false } }, version)
  }
})

t.test('an address is not an identity: the same one with a password is another user', async (t) => {
  const app = await build(t, options)
  const account = newAccount()
  const social = await signInUp(app, { account })
  await passSecondFactor(app, social)

  const reset = (email: string) => app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: email }] } })
  t.same((await reset(social.email)).json(), { status: 'OK' })
  t.equal(app.twoFactor.outbox.last(social.email), undefined, 'a social account has no password to reset')

  const session = createTestSession(app)
  const formFields = [{ id: 'email', value: social.email }, { id: 'password', value: 'correct horse 1' }]
  const signedUp = await session.inject({ method: 'POST', url: '/auth/signup', payload: { formFields } })
  t.not(signedUp.json().user.id, social.userId)
  const frontToken = JSON.parse(Buffer.from(String(session.tokens.get('front-token')), 'base64').toString())
  t.equal(frontToken.up.phoneNumber, undefined, 'and does not see the number of the social account')
})

t.test('codes that are no use are refused', async (t) => {
  const app = await build(t, options)
  const account = newAccount()

  await t.test('a replayed one', async (t) => {
    const payload = await comeBack(app, { account })
    t.equal((await post(createTestSession(app), payload)).json().status, 'OK')
    await refused(t, app, payload, REFUSED)
  })

  await t.test('a forged one', async (t) => {
    const payload = await comeBack(app, { account })
    payload.redirectURIInfo.redirectURIQueryParams.code = 'x'.repeat(43)
    await refused(t, app, payload, REFUSED)
  })

  await t.test('one that was stolen, without its PKCE verifier or with another one', async (t) => {
    const { redirectURIInfo: { redirectURIQueryParams } } = await comeBack(app, { account })
    const mallorys = (await authorisationUrl(app, { thirdPartyId: 'loopback' })).json().pkceCodeVerifier
    for (const verifier of [{}, { pkceCodeVerifier: mallorys }]) {
      await refused(t, app, { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams, ...verifier } }, REFUSED)
    }
  })

  await t.test('one that was made for another client', async (t) => {
    const redirectURIQueryParams = await visitProvider(oidc.authorisationUrl(OTHER_APP), { account })
    await refused(t, app, { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams, pkceCodeVerifier: 'x'.repeat(43) } }, REFUSED)
  })

  await t.test('one that was sent somewhere else', async (t) => {
    const payload = await comeBack(app, { account })
    payload.redirectURIInfo.redirectURIOnProviderDashboard = 'https://elsewhere.example.com/callback'
    await refused(t, app, payload, REFUSED)
  })

  await t.test('none, because the person said no', async (t) => {
    const payload = await comeBack(app, { account: newAccount(), consent: 'no' })
    t.match(payload.redirectURIInfo.redirectURIQueryParams, { error: 'access_denied' })
    await refused(t, app, payload, REFUSED)
    await refused(t, app, { ...payload, redirectURIInfo: { ...payload.redirectURIInfo, redirectURIQueryParams: { code: '' } } }, REFUSED)
  })
})

t.test('a refused sign-in leaves the session that is there as it was', async (t) => {
  const app = await build(t, options)
  const user = await signInUp(app, { account: newAccount() })
  await passSecondFactor(app, user)
  const payload = await comeBack(app, { account: newAccount() })
  payload.redirectURIInfo.redirectURIQueryParams.code = 'forged'
  isRefused(t, await post(user.session, payload), 'AUTH_PROVIDER_REFUSED')
  t.equal((await user.session.inject('/me')).json().userId, user.userId)
})

t.test('the operator reads why, without code or token', async (t) => {
  const lines: string[] = []
  const app = await build(t, options, { logger: { level: 'info', stream: { write: (line: string) => { lines.push(line) } } } })
  const payload = await comeBack(app, { account: newAccount() })
  const { code } = payload.redirectURIInfo.redirectURIQueryParams
  t.equal((await post(createTestSession(app), payload)).statusCode, 200)
  isRefused(t, await post(createTestSession(app), payload), 'AUTH_PROVIDER_REFUSED')
  scripted.answers({ token: { status: 500, body: { error: 'code-in-an-error' } } })
  t.equal((await post(createTestSession(app), { ...payload, thirdPartyId: 'scripted' })).statusCode, 503)
  const log = lines.join('')
  t.match(log, '"provider":"loopback","reason":"status 400, invalid_grant"')
  t.match(log, 'sign-in provider \\"scripted\\": status 500')
  t.notMatch(log, String(code))
  t.notMatch(log, 'code-in-an-error')
})

t.test('input that makes no sense is 400, and no session', async (t) => {
  const app = await build(t, options)
  const { redirectURIInfo } = await comeBack(app, { account: newAccount() })
  const bodies: Record<string, object> = {
    nothing: {},
    'no provider': { redirectURIInfo },
    'an unknown provider': { thirdPartyId: 'unknown', redirectURIInfo },
    'a provider that is an object property': { thirdPartyId: '__proto__', redirectURIInfo },
    'a provider of the wrong type': { thirdPartyId: 7, redirectURIInfo },
    'neither code nor tokens': { thirdPartyId: 'loopback' },
    'null for both': { thirdPartyId: 'loopback', redirectURIInfo: null, oAuthTokens: null },
    'an empty redirect': { thirdPartyId: 'loopback', redirectURIInfo: {} },
    'no redirect URI': { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIQueryParams: { code: 'x' } } },
    'no query': { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK } },
    'a query without a code': { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: {} } },
    'a code of the wrong type': { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: { code: ['x'] } } },
    'a text for a query': { thirdPartyId: 'loopback', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: 'code=x' } },
    'a verifier of the wrong type': { thirdPartyId: 'loopback', redirectURIInfo: { ...redirectURIInfo, pkceCodeVerifier: 7 } },
    'tokens of the wrong type': { thirdPartyId: 'loopback', oAuthTokens: 'token' },
    'a token of the wrong type': { thirdPartyId: 'loopback', oAuthTokens: { id_token: { sub: 'alice' } } },
    'no tokens': { thirdPartyId: 'loopback', oAuthTokens: {} },
    'an oversized code': { thirdPartyId: 'loopback', redirectURIInfo: { ...redirectURIInfo, redirectURIQueryParams: { code: 'x'.repeat(10_000) } } },
    'a client type where there are none': { thirdPartyId: 'loopback', clientType: 'ios', redirectURIInfo },
    'no client type where there are several': { thirdPartyId: 'several-clients', redirectURIInfo },
    'an unknown client type': { thirdPartyId: 'several-clients', clientType: 'android', redirectURIInfo },
    'a name that is no JSON, for Apple': { thirdPartyId: 'apple', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: { code: 'x', user: 'Tim' } } }
  }
  for (const [name, payload] of Object.entries(bodies)) {
    const response = await post(createTestSession(app), payload)
    t.match({ statusCode: response.statusCode, ...response.json() }, { statusCode: 200, status: 'GENERAL_ERROR', message: /./, code: /^AUTH_/ }, name)
    t.same(response.cookies, [])
  }

  const queries: Record<string, string> = {
    nothing: '',
    'no provider': `redirectURIOnProviderDashboard=${CALLBACK}`,
    'no redirect URI': 'thirdPartyId=loopback',
    'an unknown provider': `thirdPartyId=unknown&redirectURIOnProviderDashboard=${CALLBACK}`,
    'two providers': `thirdPartyId=loopback&thirdPartyId=google&redirectURIOnProviderDashboard=${CALLBACK}`,
    'two redirect URIs': `thirdPartyId=loopback&redirectURIOnProviderDashboard=${CALLBACK}&redirectURIOnProviderDashboard=x`,
    'an unknown client type': `thirdPartyId=several-clients&clientType=android&redirectURIOnProviderDashboard=${CALLBACK}`,
    'two client types': `thirdPartyId=several-clients&clientType=ios&clientType=web&redirectURIOnProviderDashboard=${CALLBACK}`
  }
  for (const [name, query] of Object.entries(queries)) {
    t.match((await app.inject(`/auth/authorisationurl?${query}`)).json(), { status: 'GENERAL_ERROR', message: /./, code: /^AUTH_/ }, `authorisationurl with ${name}`)
  }
})

t.test('one provider may have a client for each platform', async (t) => {
  const app = await build(t, options)
  for (const [clientType, clientId] of [['web', SERVICE.client_id], ['ios', 'ios-app']] as const) {
    const response = await authorisationUrl(app, { thirdPartyId: 'several-clients', clientType })
    t.equal(new URL(response.json().urlWithQueryParams).searchParams.get('client_id'), clientId)
  }
})

t.test('a provider that is down is 503, on both endpoints', async (t) => {
  const app = await build(t, options)
  const response = await authorisationUrl(app, { thirdPartyId: 'down' })
  t.match({ statusCode: response.statusCode, ...response.json() }, UNAVAILABLE)
  t.ok(response.headers['retry-after'])
  await refused(t, app, { thirdPartyId: 'down', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: { code: 'x' } } }, UNAVAILABLE)
})

t.test('a discovery document that is none is 503, and is not kept', async (t) => {
  const app = await build(t, options)
  const bodies = ['<html>', '', 'null', '[]', '{}', '{"authorization_endpoint":7}', '"text"']
  for (const discovery of [...bodies.map((body) => ({ body })), { status: 404, body: {} }, { status: 503, body: {} }, 'hang up' as const]) {
    scripted.answers({ discovery })
    const response = await authorisationUrl(app, { thirdPartyId: 'scripted-too' })
    t.match({ statusCode: response.statusCode, ...response.json() }, UNAVAILABLE, JSON.stringify(discovery))
  }
  scripted.answers({})
  t.match((await authorisationUrl(app, { thirdPartyId: 'scripted-too' })).json(), { status: 'OK' })
  scripted.answers({ discovery: 'hang up' })
  t.match((await authorisationUrl(app, { thirdPartyId: 'scripted-too' })).json(), { status: 'OK' }, 'a good one is kept')
})

t.test('whatever a provider answers, nobody gets in by it and nothing is a 500', async (t) => {
  const app = await build(t, options)
  const payload = { thirdPartyId: 'scripted', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: { code: 'x' } } }

  for (const token of ['hang up', { body: '<html>' }, { body: '' }, { body: 'null' }, { body: [] }, { body: {} }, { body: '"text"' }, { body: { access_token: 7 } }, { status: 302, body: '' }, { status: 429, body: {} }, { status: 500, body: {} }, { status: 503, body: 'busy' }] as const) {
    scripted.answers({ token })
    await refused(t, app, payload, UNAVAILABLE)
  }
  for (const token of [{ status: 400, body: { error: 'invalid_grant' } }, { status: 401, body: { error: 'invalid_client' } }, { body: { error: 'bad_verification_code' } }, { body: { access_token: 'a', error: 'x' } }]) {
    scripted.answers({ token })
    await refused(t, app, payload, REFUSED)
  }

  const email = 'someone@example.com'
  for (const userinfo of ['hang up', { body: '<html>' }, { body: 'null' }, { status: 500, body: {} }, { body: { sub: null, email } }, { body: { sub: ['x'], email } }, { body: { sub: { id: 7 }, email } }, { body: { sub: 'x'.repeat(300), email } }, { body: { sub: 'a\0b', email } }, { body: { sub: 'x', email: 'a\0@example.com' } }, { body: { sub: 'x', email: { id: email } } }, { body: { sub: 'x', email: `${'x'.repeat(300)}@example.com` } }] as const) {
    scripted.answers({ userinfo })
    await refused(t, app, payload, UNAVAILABLE)
  }
  for (const userinfo of [{ status: 401, body: {} }, { status: 403, body: 'no' }, { body: {} }, { body: { email } }, { body: { sub: '', email } }]) {
    scripted.answers({ userinfo })
    await refused(t, app, payload, REFUSED)
  }

  for (const jwks of ['hang up', { body: '<html>' }, { body: {} }, { status: 500, body: {} }] as const) {
    scripted.answers({ jwks, token: { body: { id_token: oidc.idToken({ sub: 'alice', email }) } } })
    await refused(t, app, payload, UNAVAILABLE)
  }
  for (const token of ['text', 'a.b.c', oidc.idToken({ sub: 'alice', email })]) {
    scripted.answers({ token: { body: { id_token: token } } })
    await refused(t, app, payload, REFUSED)
  }
})

t.test('accounts with a number for an id, and providers that verify nothing', async (t) => {
  const app = await build(t, options)
  scripted.answers({ userinfo: { body: { sub: 4711, email: 'Number@example.com', email_verified: 'false' } } })
  const response = await post(createTestSession(app), { thirdPartyId: 'scripted', redirectURIInfo: { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: { code: 'x' } } })
  t.match(response.json(), { status: 'OK', user: { thirdParty: [{ userId: '4711' }], loginMethods: [{ verified: false, email: 'number@example.com' }] } })
})

t.test('a provider that gives no address', async (t) => {
  const app = await build(t, options)
  const account = newAccount({})
  const response = await post(createTestSession(app), await comeBack(app, { account }))
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'NO_EMAIL_GIVEN_BY_PROVIDER' })
  t.same(response.cookies, [])

  const redirectURIInfo = { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams: { code: 'x' } }
  for (const email of [null, '', undefined]) {
    scripted.answers({ userinfo: { body: { sub: account, email } } })
    t.same((await post(createTestSession(app), { thirdPartyId: 'scripted', redirectURIInfo })).json(), { status: 'NO_EMAIL_GIVEN_BY_PROVIDER' })
    const made = await post(createTestSession(app), { thirdPartyId: 'no-address-needed', redirectURIInfo })
    t.match(made.json(), { status: 'OK', user: { emails: [/@stfakeemail\.supertokens\.com$/] } }, 'unless the operator wants none')
  }
})

t.test('tokens that the client brings', async (t) => {
  const app = await build(t, options)
  const bring = (oAuthTokens: object) => ({ thirdPartyId: 'loopback', oAuthTokens })
  const alice = newAccount()
  const mallory = newAccount()
  const own = await tokensFor(SERVICE, alice)
  const others = await tokensFor(OTHER_APP, alice)

  await t.test('are accepted with an ID token of the provider\'s for this service', async (t) => {
    const byCode = await signInUp(app, { account: alice })
    const session = createTestSession(app)
    const response = await post(session, bring(own))
    t.match(response.json(), { status: 'OK', createdNewRecipeUser: false, user: { id: byCode.userId } })
    t.equal((await session.inject('/me')).statusCode, 403, 'and are a first factor like any other')
    const sub = newAccount()
    const alone = await post(createTestSession(app), bring({ id_token: oidc.idToken({ sub, email: 'alone@example.com', email_verified: true }) }))
    t.match(alone.json(), { status: 'OK', user: { thirdParty: [{ userId: sub }], emails: ['alone@example.com'] } })
  })

  await t.test('not as an access token alone: every app that Alice uses has one', async (t) => {
    await refused(t, app, bring({ access_token: others.access_token }), NOT_BOUND)
    await refused(t, app, bring({ access_token: own.access_token }), NOT_BOUND)
    await refused(t, app, bring({ access_token: own.access_token, id_token: '' }), NOT_BOUND)
  })

  await t.test('not with an ID token for another client', async (t) => {
    await refused(t, app, bring(others), REFUSED)
    await refused(t, app, bring({ id_token: others.id_token }), REFUSED)
  })

  await t.test('not with an ID token of Mallory\'s own and an access token of Alice\'s', async (t) => {
    const mallorys = await tokensFor(SERVICE, mallory)
    await refused(t, app, bring({ id_token: mallorys.id_token, access_token: others.access_token }), REFUSED)
  })

  await t.test('not with an ID token that is forged, unsigned, expired, of another issuer or of nobody', async (t) => {
    const claims = { sub: alice, email: `${alice}@example.com` }
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await refused(t, app, bring({ id_token: oidc.idToken(claims, { key: privateKey }) }), REFUSED)
    await refused(t, app, bring({ id_token: oidc.idToken(claims, { alg: 'none' }) }), REFUSED)
    await refused(t, app, bring({ id_token: oidc.idToken({ ...claims, exp: 1 }) }), REFUSED)
    await refused(t, app, bring({ id_token: oidc.idToken({ ...claims, iss: 'https://elsewhere.example.com' }) }), REFUSED)
    await refused(t, app, bring({ id_token: oidc.idToken({ ...claims, sub: undefined }) }), REFUSED)
    await refused(t, app, bring({ id_token: 'text' }), REFUSED)
    // Signed with the provider's public key as if it were a secret.
    const secret = oidc.publicKey.export({ type: 'spki', format: 'pem' })
    await refused(t, app, bring({ id_token: oidc.idToken(claims, { alg: 'HS256', hmac: secret }) }), REFUSED)
  })

  await t.test('not with an ID token that says too little, or is for several clients (OpenID Connect Core 3.1.3.7)', async (t) => {
    const claims = { sub: alice, email: `${alice}@example.com` }
    const now = Math.floor(Date.now() / 1000)
    const aud = [SERVICE.client_id, OTHER_APP.client_id]
    for (const wrong of [
      { iss: undefined }, { exp: undefined }, { iat: undefined }, { iat: now + 600 }, { nbf: now + 600 }, { aud }, { aud, azp: OTHER_APP.client_id }, { azp: OTHER_APP.client_id }
    ]) await refused(t, app, bring({ id_token: oidc.idToken({ ...claims, ...wrong }) }), REFUSED)
    for (const typ of ['at+jwt', 'logout+jwt', 'application/at+JWT']) await refused(t, app, bring({ id_token: oidc.idToken(claims, { typ }) }), REFUSED)
    t.equal((await post(createTestSession(app), bring({ id_token: oidc.idToken({ ...claims, aud, azp: SERVICE.client_id }) }))).json().status, 'OK')
  })

  await t.test('not for providers whose tokens name no client', async (t) => {
    scripted.answers({ userinfo: { body: { sub: 'alice', email: 'alice@example.com' } } })
    await refused(t, app, { thirdPartyId: 'scripted', oAuthTokens: { access_token: 'x' } }, NOT_BOUND)
  })
})

t.test('Google, GitHub and Apple by their names', async (t) => {
  const app = await build(t, options)
  const parameters = async (thirdPartyId: string) => {
    const response = await authorisationUrl(app, { thirdPartyId })
    t.equal(response.json().status, 'OK')
    const url = new URL(response.json().urlWithQueryParams)
    return { page: url.origin + url.pathname, ...Object.fromEntries(url.searchParams) }
  }
  const common = { redirect_uri: CALLBACK, response_type: 'code' }
  t.match(await parameters('google'), {
    ...common, page: 'https://accounts.google.com/o/oauth2/v2/auth', client_id: 'google-client', scope: 'openid email', access_type: 'offline'
  })
  t.match(await parameters('github'), {
    ...common, page: 'https://github.com/login/oauth/authorize', client_id: 'github-client', scope: 'read:user user:email'
  })
  t.match(await parameters('apple'), {
    ...common, page: 'https://appleid.apple.com/auth/authorize', client_id: 'apple-client', scope: 'openid email', response_mode: 'form_post'
  })
})

t.test('Apple\'s form is passed on to our own websites only', async (t) => {
  const app = await build(t, options)
  const stateOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
  const callback = (form: Record<string, string> | string) => app.inject({
    method: 'POST',
    url: '/auth/callback/apple',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString()
  })

  for (const website of WEBSITES) {
    const state = stateOf({ frontendRedirectURI: `${website}/auth/callback/apple?page=1` })
    const response = await callback({ state, code: 'a code' })
    t.equal(response.statusCode, 303)
    const location = new URL(String(response.headers.location))
    t.equal(location.origin + location.pathname, `${website}/auth/callback/apple`)
    t.same(Object.fromEntries(location.searchParams), { page: '1', state, code: 'a code' })
  }

  for (const frontendRedirectURI of [
    'https://evil.example.com/', '//evil.example.com/', 'http://localhost:3001.evil.example.com/', 'http://localhost:3001@evil.example.com/',
    'http://localhost:3002/', 'https://localhost:3001/', 'javascript:alert(1)', 'data:text/html,x', 'blob:http://localhost:3001/x', '/auth/callback', '', null, 7, {}
  ]) {
    const response = await callback({ state: stateOf({ frontendRedirectURI }), code: 'a code' })
    t.equal(response.statusCode, 400, JSON.stringify(frontendRedirectURI))
    t.equal(response.headers.location, undefined)
  }
  for (const form of [{ state: 'not base64 of anything' }, { state: '' }, { state: stateOf('null') }, { state: stateOf('{') }, { code: 'x' }, '', 'state=a&state=b']) {
    t.equal((await callback(form)).statusCode, 400, JSON.stringify(form))
  }
})

t.test('a client\'s secret changes without a restart, and nothing else of a provider does', async (t) => {
  const app = await build(t, options)
  const withSecret = (clientSecret: string) => thirdPartyProviders.map((provider) => provider.config.thirdPartyId === 'loopback'
    ? { ...provider, config: { ...provider.config, clients: [{ ...client, clientSecret }] } }
    : provider)
  await app.twoFactor.reload({ thirdPartyProviders: withSecret('a-secret-that-is-not-the-client-s') })
  t.teardown(() => app.twoFactor.reload({ thirdPartyProviders }))
  const refused = await post(createTestSession(app), await comeBack(app, { account: newAccount() }))
  t.not(refused.json().status, 'OK', 'the provider knows another one')
  await app.twoFactor.reload({ thirdPartyProviders: withSecret(SERVICE.client_secret) })
  t.match((await signInUp(app, { account: newAccount() })).response.json(), { status: 'OK' })
  await t.rejects(app.twoFactor.reload({ thirdPartyProviders: thirdPartyProviders.slice(1) }), { code: 'AUTH_OPTIONS_INVALID', message: /only secrets/ })
})
