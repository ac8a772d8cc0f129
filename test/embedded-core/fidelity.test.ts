import t from 'tap'
import { NEW_SESSION, openCore, type SessionJson, type SignedIn } from './client.js'

t.test('/config asks for no key and tells nobody where it is configured', async (t) => {
  const { get, put } = await openCore(t)
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  t.strictSame((await get('/config?pid=1', { 'api-key': 'wrong' })).body, { status: 'NOT_ALLOWED' })
  t.equal((await get('/config')).text, 'Field name \'pid\' is missing in GET request')
  t.equal((await get('/t1/config?pid=1')).status, 403)
  t.match((await get('/t2/config?pid=1')).text, /tenantId not found/)
})

t.test('a token of the jwt recipe with the claims of a session is verified as one', async (t) => {
  const { post } = await openCore(t)
  const { body: { session, accessToken } } = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const claims = JSON.parse(Buffer.from(accessToken.token.split('.')[1] as string, 'base64url').toString())
  const verify = async (payload: object) => {
    const { body } = await post<{ jwt: string }>('/recipe/jwt', { payload, algorithm: 'RS256', jwksDomain: 'd', validity: 60, useStaticSigningKey: false })
    return (await post<SessionJson>('/recipe/session/verify', { accessToken: body.jwt, doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase: false })).body
  }
  t.match(await verify({ ...claims, more: 1 }), { status: 'OK', session: { handle: session.handle, userId: 'u', userDataInJWT: { more: 1 } } })
  t.equal((await verify({ sub: 'u', sessionHandle: session.handle })).status, 'TRY_REFRESH_TOKEN')
})

t.test('a child whose session is gone is told so with and without a look at the database', async (t) => {
  const { post } = await openCore(t)
  const { body: { session, refreshToken } } = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const { body: child } = await post<SessionJson>('/recipe/session/refresh', { refreshToken: refreshToken.token, enableAntiCsrf: false, useDynamicSigningKey: true })
  await post('/recipe/session/remove', { sessionHandles: [session.handle] })
  const verify = (checkDatabase: boolean) => post('/recipe/session/verify', { accessToken: child.accessToken.token, doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase })
  t.strictSame((await verify(false)).body, { status: 'UNAUTHORISED', message: 'Session missing in db' })
  t.strictSame((await verify(true)).body, { status: 'UNAUTHORISED', message: 'Either the session has ended or has been blacklisted' })
})

t.test('metadata and authenticators of many users are read at once', async (t) => {
  const { post, put } = await openCore(t)
  await put('/recipe/user/metadata', { userId: 'a', metadataUpdate: { x: 1 } })
  const metadata = (userIds: unknown) => post('/recipe/user/metadata/bulk', { userIds })
  t.strictSame((await metadata(['b', 'a'])).body, { status: 'OK', users: [{ userId: 'b', metadata: null }, { userId: 'a', metadata: { x: 1 } }] })

  await post('/recipe/totp/device', { userId: 'a', deviceName: 'd', skew: 1, period: 30 })
  await post('/recipe/totp/device/import', { userId: 'b', deviceName: 'd', skew: 1, period: 30, secretKey: 'JBSWY3DPEHPK3PXP' })
  const authenticators = (userIds: unknown) => post('/recipe/totp/device/status/bulk', { userIds })
  t.strictSame((await authenticators(['a', 'b', 'c'])).body, {
    status: 'OK',
    users: [{ userId: 'a', hasVerifiedDevice: false }, { userId: 'b', hasVerifiedDevice: true }, { userId: 'c', hasVerifiedDevice: null }]
  })

  for (const read of [metadata, authenticators]) {
    t.strictSame((await read([])).body, { status: 'OK', users: [] })
    t.equal((await read(['a', 1])).text, 'userIds array must contain only strings')
    t.equal((await read(Array(501).fill('a'))).text, 'You can only query up to 500 users at a time.')
    t.equal((await read('a')).text, 'Field name \'userIds\' is invalid in JSON input')
  }
})

t.test('an app goes only after its tenants', async (t) => {
  const { post, put } = await openCore(t)
  await put('/recipe/multitenancy/app/v2', { appId: 'a1' })
  await put('/appid-a1/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  const refused = await post('/recipe/multitenancy/app/remove', { appId: 'a1' })
  t.strictSame([refused.status, refused.text], [403, 'Please delete all tenants except the public tenant for this app before calling the delete API'])
  await post('/appid-a1/recipe/multitenancy/tenant/remove', { tenantId: 't1' })
  t.strictSame((await post('/recipe/multitenancy/app/remove', { appId: 'a1' })).body, { status: 'OK', didExist: true })
  t.strictSame((await post('/recipe/multitenancy/app/remove', { appId: 'a1' })).body, { status: 'OK', didExist: false })
})

t.test('settings of a tenant: what the newer form does not take, and an empty list of second factors', async (t) => {
  const { get, put } = await openCore(t)
  const save = (more: object) => put('/recipe/multitenancy/tenant/v2', { tenantId: 't1', ...more })
  t.equal((await save({ emailPasswordEnabled: true })).text, 'emailPasswordEnabled is not a valid input for this API')
  t.equal((await save({ thirdPartyEnabled: true })).text, 'thirdParty is not a valid input for this API')
  t.equal((await save({ passwordlessEnabled: true })).text, 'passwordless is not a valid input for this API')
  await save({ requiredSecondaryFactors: ['totp'] })
  await save({ requiredSecondaryFactors: [] })
  t.strictSame((await get('/t1/recipe/multitenancy/tenant/v2')).body,
    { status: 'OK', tenantId: 't1', thirdParty: { providers: [] }, firstFactors: [], coreConfig: {} })
})

t.test('of a provider only what is known is kept', async (t) => {
  const { get, put } = await openCore(t)
  const client = { clientId: 'c', clientSecret: null, additionalConfig: { any: 1 } }
  await put('/recipe/multitenancy/config/thirdparty', {
    config: { thirdPartyId: 'p', name: 'P', nonsense: 1, clients: [{ ...client, nonsense: 1 }], userInfoMap: { fromIdTokenPayload: { userId: 'id', email: null, nonsense: 1 }, fromUserInfoAPI: null } }
  })
  t.strictSame((await get<{ thirdParty: object }>('/recipe/multitenancy/tenant/v2')).body.thirdParty, {
    providers: [{
      thirdPartyId: 'p', name: 'P', clients: [{ clientId: 'c', additionalConfig: { any: 1 } }], userInfoMap: { fromIdTokenPayload: { userId: 'id' }, fromUserInfoAPI: {} }
    }]
  })
})

t.test('the older lookups of a user say in their own words what they want', async (t) => {
  const { get } = await openCore(t)
  const text = async (rid: string, query: string) => (await get(`/recipe/user?${query}`, { rid })).text
  t.equal(await text('emailpassword', ''), 'Please provide one of userId or email')
  t.equal(await text('emailpassword', 'userId=a&email=b'), 'Please provide only one of userId or email')
  t.equal(await text('thirdparty', 'thirdPartyId=a'), 'Please provide one of userId or (thirdPartyId & thirdPartyUserId)')
  t.equal(await text('thirdparty', 'userId=a&thirdPartyId=b'), 'Please provide only one of userId or (thirdPartyId & thirdPartyUserId)')
  for (const query of ['', 'email=a&phoneNumber=b', 'userId=a&email=b']) t.equal(await text('passwordless', query), 'Please provide exactly one of userId, email or phoneNumber')
})

t.test('settings: what the tenants of an app share, what belongs to the process, what is out of range', async (t) => {
  const { get, put } = await openCore(t)
  const save = async (coreConfig: object, app = '') => {
    const { status, text } = await put(`${app}/recipe/multitenancy/tenant/v2`, { tenantId: 't1', coreConfig })
    return status === 200 ? 'OK' : text
  }
  const shared = 'Invalid core config: You cannot set different values for access_token_validity for the same appId'
  t.equal(await save({ access_token_validity: 10 }), shared)
  t.equal(await save({ access_token_validity: '3600', passwordless_code_lifetime: 5000 }), 'OK', 'the same value is no other one')
  t.equal(await save({ bcrypt_log_rounds: 5 }), 'Invalid core config: bcrypt_log_rounds can only be set via the core\'s base config setting')
  t.equal(await save({ nonsense: 5 }), 'Invalid core config: Invalid config key: nonsense')
  t.equal(await save({ email_verification_token_lifetime: 0 }), 'Invalid core config: \'email_verification_token_lifetime\' must be >= 0')
  t.equal(await save({ totp_max_attempts: 0 }), 'Invalid core config: \'totp_max_attempts\' must be > 0')
  t.match((await get('/t1/recipe/multitenancy/tenant/v2')).body, { coreConfig: { access_token_validity: '3600', passwordless_code_lifetime: 5000 } })

  const saveApp = (coreConfig: object) => put('/recipe/multitenancy/app/v2', { appId: 'a1', coreConfig })
  t.equal((await saveApp({ access_token_validity: 10 })).status, 200, 'an app may differ from another')
  t.equal(await save({}, '/appid-a1'), 'OK')
  t.equal(await save({ access_token_validity: 3600 }, '/appid-a1'), shared)
  t.equal(await save({ access_token_validity: 10 }, '/appid-a1'), 'OK')
  t.equal((await saveApp({ access_token_validity: 20 })).text, shared)
})

t.test('an id that is no user loses what it has in a tenant; one that has nothing anywhere is unknown', async (t) => {
  const { get, post, put } = await openCore(t)
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  await post('/t1/recipe/session', { userId: 'u', ...NEW_SESSION })
  await post('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const remove = async (recipeUserId: string) => (await post('/t1/recipe/multitenancy/tenant/user/remove', { recipeUserId })).body
  t.strictSame(await remove('u'), { status: 'OK', wasAssociated: true })
  t.strictSame(await remove('u'), { status: 'OK', wasAssociated: false })
  t.strictSame(await remove('nobody'), { status: 'UNKNOWN_USER_ID_ERROR' })
  t.equal((await get<{ sessionHandles: string[] }>('/recipe/session/user?userId=u')).body.sessionHandles.length, 1)
  t.strictSame((await post('/t1/recipe/multitenancy/tenant/user', { recipeUserId: 'u' })).body, { status: 'UNKNOWN_USER_ID_ERROR' })
})

t.test('a limit has to be a number of 32 bits', async (t) => {
  const { get } = await openCore(t)
  for (const limit of ['x', '1.5', '2147483648']) t.equal((await get(`/users?limit=${limit}`)).text, 'Field name \'limit\' must be an int in the GET request')
  t.equal((await get('/users?limit=2147483647')).text, 'max limit allowed is 500')
})

t.test('users by recipe: in any case, and by recipes that nobody signs in with', async (t) => {
  const { get, post } = await openCore(t)
  await post('/recipe/signup', { email: 'a@example.com', password: 'correct horse' })
  const count = async (recipes: string) => (await get(`/users/count?includeRecipeIds=${recipes}`)).body.count
  t.equal(await count('EmailPassword'), 1)
  t.equal(await count('session,TOTP'), 0)
  t.equal((await get('/users?includeRecipeIds=emailpassword,sms')).text, 'Unknown recipe ID: sms')
})

t.test('an app or tenant with an empty name is the public one', async (t) => {
  const { get, put, post } = await openCore(t)
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  t.equal((await get('/appid-/users/count')).body.count, 0)
  const noSession = { status: 'UNAUTHORISED', message: 'Session does not exist.' }
  for (const handle of ['h', 'h_', 'h__x', 'h_T1']) t.strictSame((await get(`/recipe/session?sessionHandle=${handle}`)).body, noSession, handle)
  t.match((await get('/recipe/session?sessionHandle=h_T2')).text, /\(, public, t2\)/)
  t.strictSame((await post('/recipe/session/remove', { sessionHandles: ['h_', 'h_T1'] })).body, { status: 'OK', sessionHandlesRevoked: [] })
})

t.test('whoever is linked is no longer active on their own, and is again once unlinked and back', async (t) => {
  const { get, post, wait } = await openCore(t)
  const signUp = async (email: string) => (await post<SignedIn>('/recipe/signup', { email, password: 'correct horse' })).body.user.id
  const [primaryUserId, recipeUserId] = [await signUp('a@example.com'), await signUp('b@example.com')]
  const active = async () => (await get('/users/count/active?since=0')).body.count
  t.equal(await active(), 2)
  wait(1000)
  await post('/recipe/accountlinking/user/primary', { recipeUserId: primaryUserId })
  await post('/recipe/accountlinking/user/link', { recipeUserId, primaryUserId })
  t.equal(await active(), 1)
  await post('/recipe/signin', { email: 'b@example.com', password: 'correct horse' })
  t.equal(await active(), 1)
  await post('/recipe/accountlinking/user/unlink', { recipeUserId })
  t.equal(await active(), 1)
  await post('/recipe/signin', { email: 'b@example.com', password: 'correct horse' })
  t.equal(await active(), 2)
})
