import t from 'tap'
import { NEW_SESSION, openCore, type CodeJson, type SessionJson, type SignedIn } from './client.js'

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

t.test('a sign-up by a provider in one tenant leaves the user of another as it is', async (t) => {
  const { get, post, put } = await openCore(t)
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 'ta' })
  const signInUp = async (tenant: string, email: string, isVerified: boolean) => (await post<SignedIn>(`${tenant}/recipe/signinup`,
    { thirdPartyId: 'google', thirdPartyUserId: 'x', email: { id: email, isVerified } })).body
  const first = await signInUp('/ta', 'a@example.com', true)
  const second = await signInUp('', 'b@example.com', false)
  t.strictSame([first.createdNewUser, second.createdNewUser], [true, true])
  const userOf = async (id: string) => (await get<SignedIn>(`/user/id?userId=${id}`)).body.user
  t.match(await userOf(first.user.id), { emails: ['a@example.com'], loginMethods: [{ verified: true }] })
  t.match(await userOf(second.user.id), { emails: ['b@example.com'], loginMethods: [{ verified: false }] })
})

t.test('a look-up by one recipe does not find a user by the email of another recipe', async (t) => {
  const { get, post } = await openCore(t)
  const { body: { user } } = await post<SignedIn>('/recipe/signup', { email: 'a@example.com', password: 'correct horse' })
  const { body: other } = await post<SignedIn>('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'x', email: { id: 'b@example.com', isVerified: true } })
  await post('/recipe/accountlinking/user/primary', { recipeUserId: user.id })
  await post('/recipe/accountlinking/user/link', { recipeUserId: other.user.id, primaryUserId: user.id })
  const statusOf = async (rid: string, email: string) => (await get(`/recipe/user?email=${email}`, { rid })).body.status
  t.equal(await statusOf('emailpassword', 'a@example.com'), 'OK')
  t.equal(await statusOf('emailpassword', 'b@example.com'), 'UNKNOWN_EMAIL_ERROR')
  t.equal(await statusOf('passwordless', 'a@example.com'), 'UNKNOWN_EMAIL_ERROR')
})

t.test('into a tenant comes only a user none of whose login methods collides there', async (t) => {
  const { post, put } = await openCore(t)
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 'ta' })
  const signUp = async (email: string) => (await post<SignedIn>('/recipe/signup', { email, password: 'correct horse' })).body.user.id
  const byCode = async (tenant: string, contact: object) => {
    const { body: { preAuthSessionId, deviceId, userInputCode } } = await post<CodeJson>(`${tenant}/recipe/signinup/code`, contact)
    return (await post<SignedIn>(`${tenant}/recipe/signinup/code/consume`, { preAuthSessionId, deviceId, userInputCode })).body.user.id
  }
  const phoneNumber = '+12125550123'
  const [primaryUserId, recipeUserId] = [await signUp('a@example.com'), await byCode('', { phoneNumber })]
  await post('/recipe/accountlinking/user/primary', { recipeUserId: primaryUserId })
  await post('/recipe/accountlinking/user/link', { recipeUserId, primaryUserId })
  await byCode('/ta', { phoneNumber })
  const associate = async () => (await post('/ta/recipe/multitenancy/tenant/user', { recipeUserId: primaryUserId })).body
  t.strictSame(await associate(), { status: 'PHONE_NUMBER_ALREADY_EXISTS_ERROR' }, 'also of a user who is no primary one')

  // Both have the email twice. What counts is whether any two login methods of one recipe have it.
  const { body: theirs } = await post<SignedIn>('/ta/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'y', email: { id: 'a@example.com', isVerified: true } })
  await post('/recipe/accountlinking/user/primary', { recipeUserId: theirs.user.id })
  t.match(await associate(), { status: 'ASSOCIATION_NOT_ALLOWED_ERROR', reason: /email already exists/ }, 'emails come first')
  const { body: own } = await post<SignedIn>('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'z', email: { id: 'a@example.com', isVerified: true } })
  await post('/recipe/accountlinking/user/link', { recipeUserId: own.user.id, primaryUserId })
  t.strictSame(await associate(), { status: 'EMAIL_ALREADY_EXISTS_ERROR' })
})

t.test('verification reads every field, also those whose value is not needed', async (t) => {
  const { post } = await openCore(t)
  const { body: { accessToken } } = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const verify = (more: object) => post('/recipe/session/verify', { accessToken: accessToken.token, doAntiCsrfCheck: false, checkDatabase: false, ...more })
  for (const more of [{}, { enableAntiCsrf: 'true' }, { enableAntiCsrf: null }]) {
    const { status, text } = await verify(more)
    t.strictSame([status, text], [400, 'Field name \'enableAntiCsrf\' is invalid in JSON input'])
  }
  t.equal((await verify({ enableAntiCsrf: true })).body.status, 'OK')
  const withCheck = await verify({ enableAntiCsrf: true, doAntiCsrfCheck: true })
  t.match(withCheck.body, { status: 'TRY_REFRESH_TOKEN', message: /^Access token does not contain all the information/ }, 'a token without an anti-csrf token')
})

t.test('who is imported with a hash has not been active', async (t) => {
  const { get, post } = await openCore(t)
  const passwordHash = `$2a$04$${'.'.repeat(53)}`
  const imported = async (email: string) => (await post<SignedIn>('/recipe/user/passwordhash/import', { email, passwordHash })).body
  await imported('a@example.com')
  t.equal((await get('/users/count/active?since=0')).body.count, 0)
  t.match(await imported('a@example.com'), { didUserAlreadyExist: true })
  t.match((await imported('b@x.fakeemail.com')).user.loginMethods, [{ verified: false }], 'an import verifies no email, not even a made-up one')
  await post('/recipe/signup', { email: 'c@example.com', password: 'correct horse' })
  t.equal((await get('/users/count/active?since=0')).body.count, 1)
})

t.test('of an unknown app, /hello says so', async (t) => {
  const { get } = await openCore(t)
  for (const path of ['/appid-none/hello', '/appid-none', '/appid-none/ta']) t.match((await get(path)).text, /^AppId or tenantId not found => .*\(, none, public\)$/, path)
  t.equal((await get('/ta/hello')).text, 'Hello')
  for (const path of ['/ta', '/appid-none/no/such/path', '/recipe']) t.equal((await get(path)).status, 404, path)
})
