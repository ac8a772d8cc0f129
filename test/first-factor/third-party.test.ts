import type { ProviderInput, TypeProvider, UserInfo } from 'supertokens-node/recipe/thirdparty/types'
import t, { type Test } from 'tap'
import { guardProvider } from '../../src/first-factor/third-party/provider.js'
import { providerProblems } from '../../src/first-factor/third-party/settings.js'
import { startScriptedProvider } from '../flows/social-login/scripted.js'

type OAuth2Provider = Extract<TypeProvider, { type: 'oauth2' }>
type Config = ProviderInput['config']
type Raw = UserInfo['rawUserInfoFromProvider']

const client = { clientId: 'service', clientSecret: 'secret' }
const tenantId = 'public'
const redirectURIInfo = { redirectURIOnProviderDashboard: 'https://app.example.com/callback', redirectURIQueryParams: { code: 'x' } }
const never = () => new Promise<never>(() => {})

/** A provider's implementation as the SDK makes it, with the answers of this test, guarded. */
function guarded (answers: Partial<OAuth2Provider>, settings: Partial<Config> = {}, input: Partial<ProviderInput> = {}, patienceMs?: number): OAuth2Provider {
  const config: Config = { thirdPartyId: 'custom', clients: [client], ...settings }
  const implementation: OAuth2Provider = {
    id: config.thirdPartyId,
    type: 'oauth2',
    config: { ...config, ...client },
    getConfigForClientType: async () => ({ ...config, ...client }),
    getAuthorisationRedirectURL: async () => ({ urlWithQueryParams: 'https://provider.example.com/' }),
    exchangeAuthCodeForOAuthTokens: async () => ({ access_token: 'a' }),
    getUserInfo: async () => userInfo({}),
    ...answers
  }
  return guardProvider({ config, ...input }, patienceMs).override!(implementation) as OAuth2Provider
}

/** What every ID token says, besides who it is about. */
const claims = () => ({ iss: 'https://provider.example.com', aud: client.clientId, iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 600 })

function userInfo ({ fromIdTokenPayload, ...raw }: Raw, isVerified = false): UserInfo {
  const rawUserInfoFromProvider = { ...raw, ...(fromIdTokenPayload !== undefined && { fromIdTokenPayload: { ...claims(), sub: 'alice', ...fromIdTokenPayload } }) }
  return { thirdPartyUserId: 'alice', email: { id: 'alice@example.com', isVerified }, rawUserInfoFromProvider }
}

/** What the guard makes of the tokens of a code exchange. */
async function signInWith (provider: OAuth2Provider): Promise<UserInfo> {
  const oAuthTokens: unknown = await provider.exchangeAuthCodeForOAuthTokens({ tenantId, redirectURIInfo })
  return await provider.getUserInfo({ tenantId, oAuthTokens })
}

t.test('a provider that never answers is given up', async (t) => {
  const provider = guarded({ getAuthorisationRedirectURL: never, exchangeAuthCodeForOAuthTokens: never, getUserInfo: never }, {}, {}, 1)
  const calls = [
    provider.getAuthorisationRedirectURL({ tenantId, redirectURIOnProviderDashboard: 'x' }),
    provider.exchangeAuthCodeForOAuthTokens({ tenantId, redirectURIInfo }),
    provider.getUserInfo({ tenantId, oAuthTokens: { id_token: 'x' } })
  ]
  await Promise.all(calls.map((call) => t.rejects(call, { code: 'AUTH_PROVIDER_UNAVAILABLE', statusCode: 503, cause: { message: /no answer in time/ } })))
})

t.test('a provider is not asked about a code that is not there', async (t) => {
  const provider = guarded({ exchangeAuthCodeForOAuthTokens: async () => t.fail('asked') })
  const queries: Record<string, string>[] = [{}, { code: '' }, { error: 'access_denied' }]
  for (const redirectURIQueryParams of queries) {
    await t.rejects(provider.exchangeAuthCodeForOAuthTokens({ tenantId, redirectURIInfo: { ...redirectURIInfo, redirectURIQueryParams } }), { code: 'AUTH_PROVIDER_REFUSED' })
  }
})

t.test('a setting that would not be enforced stops the boot, and says what to use instead', async (t) => {
  const validateIdTokenPayload = async () => {}
  const config = { thirdPartyId: 'custom', clients: [client] }
  const found = (settings: object, input: object = {}) => providerProblems([{ config: { ...config, ...settings }, ...input }]).join('; ')
  for (const [settings, problem] of [
    [{ thirdPartyId: 'saml' }, /"saml" is SAML, which is not supported/], [{ thirdPartyId: 'saml-okta' }, /SAML/], [{ thirdPartyImplementation: 'saml' }, /SAML/],
    [{ thirdPartyId: 'github', validateIdTokenPayload }, /"github" never uses its "validateIdTokenPayload".*"override"/],
    [{ thirdPartyId: 'github-of-ours', userInfoMap: {} }, /"userInfoMap"/], [{ thirdPartyId: 'linkedin', userInfoEndpoint: 'https://x.example' }, /"userInfoEndpoint"/],
    [{ thirdPartyImplementation: 'bitbucket', jwksURI: 'https://x.example' }, /"jwksURI"/],
    [{ jwksURI: 'https://x.example/jwks' }, /does not say who the issuer is. Use "oidcDiscoveryEndpoint"/],
    [{ thirdPartyId: 'facebook', validateIdTokenPayload }, /no keys to verify ID tokens with. Add "oidcDiscoveryEndpoint"/],
    [{ generateFakeEmail: async () => 'x' }, /never calls its "generateFakeEmail". Set "requireEmail" to false/],
    [{ requireEmail: 'false' }, /"requireEmail" that is not true or false/],
    [{ validateAccessToken: true }, /"validateAccessToken" that is not a function/],
    [{ validateIdToken: validateIdTokenPayload }, /unknown member "validateIdToken"/],
    [{ clientId: 'x' }, /unknown member "clientId"/],
    [{ userInfoMap: { fromIdToken: {} } }, /unknown member "fromIdToken"/], [{ userInfoMap: { fromUserInfoAPI: { user: 'id' } } }, /unknown member "user"/],
    [{ clients: [{ ...client, scope: 'openid email' }] }, /"scope" that is not a list/], [{ clients: [{ ...client, forcePKCE: 'yes' }] }, /"forcePKCE" that is not true or false/],
    [{ clients: [{ ...client, pkce: true }] }, /unknown member "pkce"/], [{ clients: [client, client] }, /its own "clientType"/],
    [{ thirdPartyId: 'google', clients: [{ ...client, additionalConfig: { hd: 'example.com' } }] }, /never reads "hd".*Use the provider "google-workspaces"/],
    [{ thirdPartyId: 'active-directory', clients: [{ ...client, additionalConfig: { tenantId: 'x' } }] }, /never reads "tenantId"/],
    [{ thirdPartyId: 'google-workspaces', validateIdTokenPayload, clients: [{ ...client, additionalConfig: { hd: 'example.com' } }] }, /does not check "hd"/]
  ] as [object, RegExp][]) t.match(found(settings), problem)
  t.match(found({}, { includeInNonPublicTenantsByDefault: 'yes' }), /includeInNonPublicTenantsByDefault/)
  t.match(found({}, { validateAccessToken: validateIdTokenPayload }), /unknown member "validateAccessToken"/, 'in the wrong place')
  t.match(providerProblems([{ config }, { config }]).join(), /listed twice/)

  for (const settings of [
    {}, { thirdPartyId: 'boxy-saml' }, { thirdPartyId: 'github', validateAccessToken: validateIdTokenPayload }, { jwksURI: 'https://x.example/jwks', validateIdTokenPayload },
    { jwksURI: 'https://x.example/jwks', oidcDiscoveryEndpoint: 'https://x.example' }, { thirdPartyId: 'google', validateIdTokenPayload }, { requireEmail: false, generateFakeEmail: async () => 'x' },
    { thirdPartyId: 'google-workspaces', clients: [{ ...client, additionalConfig: { hd: 'example.com' } }] }, { clients: [{ ...client, clientType: 'a' }, { ...client, clientType: 'b' }] }
  ]) t.equal(found(settings), '')
  t.equal(found({ thirdPartyId: 'github', userInfoMap: {}, clients: [{ ...client, additionalConfig: { org: 'ours' } }] }, { override: (original: TypeProvider) => original }), '', 'code of the host\'s own may read it')
})

t.test('a validator of the host\'s is asked about every token', async (t) => {
  const refuse = async () => { throw new Error('no') }
  await t.rejects(signInWith(guarded({}, { validateAccessToken: refuse })), { code: 'AUTH_PROVIDER_REFUSED' }, 'of a code too, where the SDK does not ask')
  await t.rejects(signInWith(guarded({ config: { thirdPartyId: 'custom', ...client, validateIdTokenPayload: async () => {} } })), { code: 'AUTH_PROVIDER_REFUSED' }, 'and where it would see no ID token, nobody gets in')
})

t.test('the SDK writes its defaults into a copy of the host\'s settings', async (t) => {
  const config: Config = Object.freeze({ thirdPartyId: 'custom', clients: [client] })
  const guard = guardProvider({ config })
  t.same(guard.config, config)
  guard.config.name = 'written by the SDK'
  t.notOk('name' in config)
})

t.test('an override of the host\'s stays, inside the guard', async (t) => {
  const override = (original: TypeProvider): TypeProvider => ({ ...(original as OAuth2Provider), getUserInfo: async () => ({ ...userInfo({}), thirdPartyUserId: 'from the host' }) })
  t.match(await signInWith(guarded({}, {}, { override })), { thirdPartyUserId: 'from the host' })
  const failing = (original: TypeProvider): TypeProvider => ({ ...(original as OAuth2Provider), getUserInfo: async () => { throw new Error('no') } })
  await t.rejects(signInWith(guarded({}, {}, { override: failing })), { code: 'AUTH_PROVIDER_REFUSED' })
})

t.test('settings that cannot work are an outage with its cause, not the client\'s fault', async (t) => {
  const provider = guarded({ getConfigForClientType: async () => { throw new Error('Please ensure that keyId, teamId and privateKey are provided') } })
  await t.rejects(provider.getConfigForClientType({ tenantId }), { code: 'AUTH_PROVIDER_UNAVAILABLE', cause: { message: /privateKey/ } })
})

t.test('endpoints that are configured win over those of the discovery document', async (t) => {
  const discovered = await startScriptedProvider(t)
  const provider = guarded({}, { oidcDiscoveryEndpoint: discovered.discoveryEndpoint, tokenEndpoint: 'https://own.example.com/token' })
  t.match(await provider.getConfigForClientType({ tenantId }), {
    ...client, tokenEndpoint: 'https://own.example.com/token', authorizationEndpoint: `${discovered.issuer}/authorise`, jwksURI: `${discovered.issuer}/jwks`
  })
  await Promise.all([provider.getConfigForClientType({ tenantId }), provider.getConfigForClientType({ tenantId })])
  t.same(discovered.requests, ['.well-known/openid-configuration'], 'which is read once')
})

t.test('who issued an ID token', async (t) => {
  async function issued (t: Test, issuer: string, iss: unknown, others: object = {}): Promise<UserInfo> {
    const server = await startScriptedProvider(t)
    server.answers({ discovery: { body: { issuer, authorization_endpoint: 'https://a.example.com', token_endpoint: 'https://b.example.com' } } })
    const provider = guarded({ getUserInfo: async () => userInfo({ fromIdTokenPayload: { ...others, iss } }) }, { oidcDiscoveryEndpoint: server.discoveryEndpoint })
    await provider.getConfigForClientType({ tenantId })
    return await signInWith(provider)
  }
  for (const [issuer, iss] of [
    ['https://provider.example.com', 'https://provider.example.com'],
    ['https://accounts.google.com', 'accounts.google.com'],
    ['https://login.microsoftonline.com/{tenantid}/v2.0', 'https://login.microsoftonline.com/9188040d/v2.0']
  ] as const) {
    t.match(await issued(t, issuer, iss, { tid: '9188040d' }), { thirdPartyUserId: 'alice' }, iss)
  }
  const MICROSOFT = 'https://login.microsoftonline.com/{tenantid}/v2.0'
  for (const [iss, tid] of [
    ['https://login.microsoftonline.com/9188040d/v2.0', 'another'], ['https://login.microsoftonline.com/9188040d/v2.0', undefined], ['https://evil.example.com', '9188040d'],
    ['https://login.microsoftonline.com/evil.example.com/x/v2.0', 'evil.example.com/x'], ['https://login.microsoftonline.com/{tenantid}/v2.0', '{tenantid}'], ['https://login.microsoftonline.com//v2.0', '']
  ] as const) await t.rejects(issued(t, MICROSOFT, iss, { tid }), { code: 'AUTH_PROVIDER_REFUSED' }, iss)
  for (const iss of [undefined, null, '', 7, ['https://provider.example.com'], 'https://evil.example.com', 'https://provider.example.com.evil.example.com', 'http://provider.example.com', 'https://provider.example.com/other']) {
    await t.rejects(issued(t, 'https://provider.example.com', iss), { code: 'AUTH_PROVIDER_REFUSED' }, String(iss))
  }
})

t.test('whom an ID token is for, and when', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const said = (payload: object) => signInWith(guarded({ getUserInfo: async () => userInfo({ fromIdTokenPayload: payload }) }))
  for (const payload of [
    {}, { aud: ['service'] }, { aud: ['service', 'other'], azp: 'service' }, { azp: 'service' }, { iat: now + 30, nbf: now + 30 },
    // Google's tokens for an Android app that asks on behalf of the service.
    { iss: 'https://accounts.google.com', azp: 'the-app' }
  ]) t.match(await said(payload), { thirdPartyUserId: 'alice' }, JSON.stringify(payload))
  for (const payload of [
    { aud: ['service', 'other'] }, { aud: ['service', 'other'], azp: 'other' }, { aud: ['service', 'other'], azp: ['service'] }, { aud: ['service', 'service'] }, { azp: 'other' }, { azp: '' }, { azp: null },
    { iss: 'https://accounts.google.com', aud: ['service', 'other'], azp: 'the-app' }, { iss: 'https://accounts.google.com.evil.example.com', azp: 'the-app' },
    { exp: undefined }, { exp: null }, { exp: '9999999999' }, { exp: NaN }, { exp: now - 120 }, { iat: undefined }, { iat: now + 600 }, { iat: 'now' }, { nbf: now + 600 }, { nbf: 'now' }, { sub: undefined }, { sub: '' }, { sub: ['alice'] }
  ]) await t.rejects(said(payload), { code: 'AUTH_PROVIDER_REFUSED' }, JSON.stringify(payload))
})

t.test('an address is as verified as the token says that names it', async (t) => {
  const email = 'alice@example.com'
  const verified = async (raw: Raw, settings: Partial<Config> = {}, isVerified = false) => {
    const userInfoMap = { fromIdTokenPayload: { email: 'email', emailVerified: 'email_verified' }, fromUserInfoAPI: { email: 'email', emailVerified: 'email_verified' } }
    const provider = guarded({ getUserInfo: async () => userInfo(raw, isVerified) }, { userInfoMap, ...settings })
    return (await signInWith(provider)).email?.isVerified
  }
  t.equal(await verified({}, {}, true), true, 'as the SDK says')
  t.equal(await verified({ fromIdTokenPayload: { sub: 'alice' }, fromUserInfoAPI: { sub: 'alice', email, email_verified: true } }), true, 'an ID token without an address says nothing about it')
  t.equal(await verified({ fromIdTokenPayload: { sub: 'alice' }, fromUserInfoAPI: { sub: 'alice', email, email_verified: 'true' } }), true)
  t.equal(await verified({ fromIdTokenPayload: { sub: 'alice' }, fromUserInfoAPI: { sub: 'alice', email, email_verified: 'yes' } }), false)
  t.equal(await verified({ fromIdTokenPayload: { sub: 'alice', email }, fromUserInfoAPI: { sub: 'alice', email, email_verified: true } }), false)
  t.equal(await verified({ fromIdTokenPayload: { sub: 'alice', email_verified: false }, fromUserInfoAPI: { sub: 'alice', email, email_verified: true } }), false)
  t.equal(await verified({ fromUserInfoAPI: { sub: 'alice', email: 'bob@example.com', email_verified: true } }), false, 'another address')
  t.equal(await verified({ fromUserInfoAPI: { sub: 'alice', email, email_verified: true } }, { userInfoMap: {} }), false, 'no map, no claim')
  await t.rejects(verified({ fromIdTokenPayload: { sub: 'mallory' }, fromUserInfoAPI: { sub: 'alice', email, email_verified: true } }), { code: 'AUTH_PROVIDER_REFUSED' }, 'another person')
})

t.test('access tokens that the client brings', async (t) => {
  const asked: string[] = []
  const settings: Partial<Config> = {
    async validateAccessToken ({ accessToken, clientConfig }) {
      asked.push(`${accessToken} for ${clientConfig.clientId}`)
      if (accessToken !== 'ours') throw new Error('of another client')
    }
  }
  const bring = (oAuthTokens: object, with_: Partial<Config> = settings, raw: Raw = { fromUserInfoAPI: { sub: 'alice' } }) =>
    guarded({ getUserInfo: async () => userInfo(raw) }, with_).getUserInfo({ tenantId, oAuthTokens })

  t.match(await bring({ access_token: 'ours' }), { thirdPartyUserId: 'alice' }, 'are accepted where the operator can tell whose they are')
  await t.rejects(bring({ access_token: 'theirs' }), { code: 'AUTH_PROVIDER_REFUSED' })
  t.same(asked, ['ours for service', 'theirs for service'])
  await t.rejects(bring({ access_token: 'ours' }, {}), { code: 'AUTH_BODY_INVALID' }, 'and nowhere else')
  await t.rejects(bring({ id_token: 'x' }), { code: 'AUTH_BODY_INVALID' }, 'a validator is not asked about ID tokens')

  // Some providers of the SDK's own never look at ID tokens, LinkedIn's for one.
  await t.rejects(bring({ id_token: 'unread', access_token: 'theirs' }, {}), { code: 'AUTH_BODY_INVALID' })
  await t.rejects(bring({ id_token: 'x', access_token: 'theirs' }, {}, { fromIdTokenPayload: { sub: 'alice' }, fromUserInfoAPI: { id: 'bob' } }), { code: 'AUTH_BODY_INVALID' }, 'an answer that names nobody')
  await t.rejects(bring({ id_token: 'unread', access_token: 'theirs' }, {}, { fromUserInfoAPI: { id: 'alice' } }), { code: 'AUTH_BODY_INVALID' }, 'nor one in a dialect')
  await t.rejects(bring({ id_token: 'unread' }, {}, {}), { code: 'AUTH_BODY_INVALID' }, 'nor no answer at all')
  t.match(await bring({ id_token: 'x' }, {}, { fromIdTokenPayload: { sub: 'alice' } }), { thirdPartyUserId: 'alice' })
})

t.test('an id or an address that a Core could not store is no answer', async (t) => {
  const answer = (thirdPartyUserId: string, address: string) => signInWith(guarded({
    getUserInfo: async () => ({ thirdPartyUserId, email: { id: address, isVerified: true }, rawUserInfoFromProvider: {} })
  }))
  const at = (length: number): string => 'a'.repeat(length - '@example.com'.length) + '@example.com'
  t.match(await answer('x'.repeat(256), at(256)), { thirdPartyUserId: 'x'.repeat(256), email: { id: at(256) } })
  for (const [id, address] of [['x'.repeat(257), at(256)], ['x', at(257)], ['x', at(20_000)], ['x', `${'İ'.repeat(130)}@example.com`]] as const) {
    await t.rejects(answer(id, address), { code: 'AUTH_PROVIDER_UNAVAILABLE' })
  }
})
