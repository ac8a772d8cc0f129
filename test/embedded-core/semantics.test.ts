import { createCipheriv, scryptSync } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { hashSync as argon2 } from '@node-rs/argon2'
import { hash as bcrypt } from '@node-rs/bcrypt'
import t from 'tap'
import { resolveSettings } from '../../src/embedded-core/config.js'
import { decoyHash, hashPassword, verifyPassword } from '../../src/embedded-core/passwords/hashes.js'
import { openApps, type App } from '../../src/embedded-core/tenants/apps.js'
import { createCode } from '../../src/embedded-core/passwordless/codes.js'
import { codeAt, newSecret } from '../../src/embedded-core/totp/codes.js'
import { tenantOf } from '../../src/embedded-core/tenants/lookup.js'
import { NEW_SESSION, openCore, type CodeJson, type SessionJson, type SignedIn } from './client.js'

const password = 'correct horse'
const statuses = (replies: Array<{ body: { status?: unknown } }>) => replies.map(({ body }) => body.status).sort()
const times = <T>(count: number, action: (index: number) => Promise<T>) => Promise.all(Array.from({ length: count }, (_, index) => action(index)))

t.test('of parallel requests for one thing exactly one wins, and none fails', async (t) => {
  const { post, put, get } = await openCore(t)
  const signUps = await times(10, () => post('/recipe/signup', { email: 'a@example.com', password }))
  t.strictSame(statuses(signUps), [...Array(9).fill('EMAIL_ALREADY_EXISTS_ERROR'), 'OK'])

  const { body: code } = await post<CodeJson>('/recipe/signinup/code', { phoneNumber: '+14155550101' })
  const consumed = await times(10, () => post('/recipe/signinup/code/consume', {
    preAuthSessionId: code.preAuthSessionId, deviceId: code.deviceId, userInputCode: code.userInputCode
  }))
  t.strictSame(statuses(consumed), ['OK', ...Array(9).fill('RESTART_FLOW_ERROR')])

  const { body: session } = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const refresh = (refreshToken: string) => post<SessionJson>('/recipe/session/refresh', { refreshToken, enableAntiCsrf: false, useDynamicSigningKey: true })
  const children = await times(5, () => refresh(session.refreshToken.token))
  t.strictSame(statuses(children), Array(5).fill('OK'), 'the parent may be used until a child was')
  const used = await Promise.all(children.map(({ body }) => refresh(body.refreshToken.token)))
  t.strictSame(statuses(used), ['OK', ...Array(4).fill('TOKEN_THEFT_DETECTED')], 'but of the children only one')

  await times(20, (index) => put('/recipe/user/metadata', { userId: 'u', metadataUpdate: { [`field${index}`]: index } }))
  t.equal(Object.keys((await get<{ metadata: object }>('/recipe/user/metadata?userId=u')).body.metadata).length, 20, 'no update is lost')
  await times(10, (index) => put('/recipe/role', { role: 'r', permissions: [`p${index}`] }))
  t.equal((await get<{ permissions: string[] }>('/recipe/role/permissions?role=r')).body.permissions.length, 10)
})

t.test('a user who is deleted or changed while the password is compared does not get in', async (t) => {
  const { post, put } = await openCore(t, { config: { bcrypt_log_rounds: 12 } })
  const other = '$2a$04$N9qo8uLOickgx2ZMRZoMyeaJmVKRTCZM0hO8dI8Qc1tDqlJLuXnHq'
  const changes = {
    deleted: ({ id }: SignedIn['user']) => post('/user/remove', { userId: id }),
    'password@example.com': () => post('/recipe/user/passwordhash/import', { email: 'password@example.com', passwordHash: other }),
    email: ({ id }: SignedIn['user']) => put('/recipe/user', { recipeUserId: id, email: 'other@example.com' }, { rid: 'emailpassword' })
  }
  for (const [what, change] of Object.entries(changes)) {
    const email = what.includes('@') ? what : `${what}@example.com`
    const { body: { user } } = await post<SignedIn>('/recipe/signup', { email, password })
    const signIn = post('/recipe/signin', { email, password })
    await new Promise((resolve) => setTimeout(resolve, 100))
    t.equal((await change(user)).body.status, 'OK', what)
    t.equal((await signIn).body.status, 'WRONG_CREDENTIALS_ERROR', what)
  }
})

t.test('passwords: Argon2 by setting, hashes of bcrypt, Argon2 and Firebase by import', async (t) => {
  const signerKey = Buffer.from('a signer key of thirty-two bytes').toString('base64')
  const { post, put } = await openCore(t, {
    config: { password_hashing_alg: 'ARGON2', argon2_memory_kb: 1024, argon2_parallelism: 1, firebase_password_hashing_signer_key: signerKey }
  })
  await post('/recipe/signup', { email: 'argon@example.com', password })
  const signIn = async (email: string, given = password) => (await post('/recipe/signin', { email, password: given })).body.status
  t.equal(await signIn('argon@example.com'), 'OK')
  t.equal(await signIn('argon@example.com', 'wrong'), 'WRONG_CREDENTIALS_ERROR')

  const derived = scryptSync(password, Buffer.concat([Buffer.from('salt'), Buffer.from('sep')]), 64, { N: 2 ** 14, r: 8, p: 1 })
  const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, 32), Buffer.alloc(16))
  const firebase = cipher.update(Buffer.from(signerKey, 'base64'), undefined, 'base64') + cipher.final('base64')
  const firebaseHash = `$f_scrypt$${firebase}$${Buffer.from('salt').toString('base64')}$m=14$r=8$s=${Buffer.from('sep').toString('base64')}`
  // "password" in the three prefixes that are one algorithm.
  const bcrypt = ['a', 'b', 'y'].map((letter) => `$2${letter}$04$N9qo8uLOickgx2ZMRZoMyeaJmVKRTCZM0hO8dI8Qc1tDqlJLuXnHq`)
  const imports: Array<[string, string, string | undefined]> = [
    ['fire@example.com', firebaseHash, 'firebase_scrypt'],
    ['fire2@example.com', firebaseHash, undefined],
    ['argon2@example.com', argon2(password, { memoryCost: 1024, parallelism: 1 }), 'ARGON2']
  ]
  for (const [email, passwordHash, hashingAlgorithm] of imports) {
    const { body } = await post('/recipe/user/passwordhash/import', { email, passwordHash, ...(hashingAlgorithm !== undefined && { hashingAlgorithm }) })
    t.match(body, { status: 'OK', didUserAlreadyExist: false }, email)
    t.equal(await signIn(email), 'OK', email)
    t.equal(await signIn(email, 'wrong'), 'WRONG_CREDENTIALS_ERROR', email)
  }
  for (const passwordHash of bcrypt) {
    const again = await post('/recipe/user/passwordhash/import', { email: 'fire@example.com', passwordHash, hashingAlgorithm: 'BCRYPT' })
    t.match(again.body, { status: 'OK', didUserAlreadyExist: true })
  }
  t.equal(await signIn('fire@example.com'), 'WRONG_CREDENTIALS_ERROR', 'the imported hash has replaced the old one')

  const broken = ['$argon2id$broken', '$f_scrypt$x$y$m=99$r=8$s=z', '$2a$broken']
  for (const passwordHash of broken) {
    await post('/recipe/user/passwordhash/import', { email: 'broken@example.com', passwordHash })
    t.equal(await signIn('broken@example.com'), 'WRONG_CREDENTIALS_ERROR', passwordHash)
  }
  for (const [body, text] of [
    [{ passwordHash: ' ' }, 'Password hash cannot be an empty string'],
    [{ passwordHash: 'x', hashingAlgorithm: '' }, 'Hashing Algorithm cannot be an empty string'],
    [{ passwordHash: 'x', hashingAlgorithm: 'md5' }, 'Unsupported password hashing algorithm'],
    [{ passwordHash: 'x' }, 'Password hash is in invalid format'],
    [{ passwordHash: '$f_scrypt$a$b$m=x$r=8$s=z' }, 'Password hash is in invalid format'],
    [{ passwordHash: 'x', hashingAlgorithm: 'bcrypt' }, 'Password hash is in invalid BCrypt format']
  ] as const) t.strictSame((({ status, text }) => [status, text])(await post('/recipe/user/passwordhash/import', { email: 'x', ...body })), [400, text])

  const reset = async (userId: string) => (await post<{ token: string }>('/recipe/user/password/reset/token', { userId, email: 'e' })).body.token
  const { body: { user } } = await post<SignedIn>('/recipe/signup', { email: 'reset@example.com', password: 'old' })
  const token = await reset(user.id)
  t.strictSame((await post('/recipe/user/password/reset', { method: 'token', token, newPassword: 'new' })).body, { status: 'OK', userId: user.id })
  t.equal((await post('/recipe/user/password/reset', { method: 'token', token, newPassword: 'new' })).body.status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR')
  t.equal((await post('/recipe/user/password/reset', { method: 'magic', token, newPassword: 'new' })).status, 400)
  t.equal(await signIn('reset@example.com', 'new'), 'OK')

  await post('/recipe/userid/map', { superTokensUserId: user.id, externalUserId: 'ext' })
  t.equal((await post('/recipe/user/password/reset', { method: 'token', token: await reset('ext'), newPassword: 'newer' })).body.userId, 'ext')
  t.equal((await post('/recipe/user/password/reset/token/consume', { token: await reset('ext') })).body.userId, 'ext')
  t.equal((await put('/recipe/user', { recipeUserId: 'ext', password: 'newest' })).body.status, 'OK')
  t.equal(await signIn('reset@example.com', 'newest'), 'OK')

  const invented = await post<SignedIn>('/recipe/signup', { email: 'x@stfakeemail.supertokens.com', password })
  t.equal(invented.body.user.loginMethods[0]?.verified, true, 'nobody could verify an address that the SDK has invented')
})

t.test('without its key a Firebase hash is refused', async (t) => {
  const { post } = await openCore(t)
  const { status, text } = await post('/recipe/user/passwordhash/import', { email: 'x', passwordHash: '$f_scrypt$a$b$m=14$r=8$s=z' })
  t.strictSame([status, text], [400, '\'firebase_password_hashing_signer_key\' cannot be null'])
})

t.test('text that SQLite would cut off is refused', async (t) => {
  const { post, get, put } = await openCore(t)
  t.equal((await post('/recipe/signup', { email: 'a@example.com\0x', password })).text, 'Field name \'email\' is invalid in JSON input')
  t.equal((await put('/recipe/role', { role: 'r', permissions: ['a\0b'] })).status, 400)
  t.equal((await get('/user/id?userId=a%00b')).text, 'Field name \'userId\' is invalid in GET request')
  const { body } = await put('/recipe/user/metadata', { userId: 'u', metadataUpdate: { 'a\0b': 'c\0d', ['__proto__']: { x: 1 } } })
  t.equal((body.metadata as Record<string, string>)['a\0b'], 'c\0d', 'data may hold it')
  t.strictSame((await get<{ metadata: object }>('/recipe/user/metadata?userId=u')).text, JSON.stringify({ status: 'OK', metadata: { 'a\0b': 'c\0d', ['__proto__']: { x: 1 } } }))
})

t.test('the transport takes what the real one takes, and answers the rest in plain text', async (t) => {
  const { core, send, get, post, put } = await openCore(t)
  const plain = async (method: string, path: string, init: RequestInit = {}) => {
    const { status, headers, text } = await send(method, path, init)
    t.match(headers.get('content-type'), /^text\/html/, `${method} ${path}`)
    return [status, text]
  }
  for (const method of ['PATCH', 'OPTIONS', 'DELETE']) t.strictSame(await plain(method, '/recipe/signup'), [405, 'Method not supported'])
  t.equal((await send('HEAD', '/recipe/signup')).status, 405)
  t.strictSame(await plain('PROPFIND', '/hello'), [404, 'Not found'])
  t.match(await plain('GET', '/%zz'), [400, /is not a valid url component/])
  t.strictSame(await plain('GET', '/nosuchtenant'), [404, 'Not found'])
  t.strictSame(await plain('GET', '/public'), [200, 'Hello'])
  t.strictSame(await plain('GET', '/appid-public/public/hello/'), [200, 'Hello'])
  t.match(await plain('GET', '/appid-none/hello'), [400, /AppId or tenantId not found .*\(, none, public\)/])
  t.strictSame(await plain('GET', '/appid-none/no/such/path'), [404, 'Not found'])
  t.match(await plain('GET', '/appid-none/users/count'), [400, /AppId or tenantId not found/])
  t.strictSame(await plain('GET', '/appid-public'), [200, 'Hello'])
  t.match(await plain('GET', '/recipe/users'), [404, 'Not found'], 'reserved words are no tenants')
  t.match(await plain('POST', '/recipe/signup', { body: 'x'.repeat(65 * 1024 * 1024) }), [413, /too large/])
  t.strictSame(await plain('POST', '/recipe/signup', { body: '{"email": "a"}', headers: { 'content-type': 'nonsense' } }), [400, 'Field name \'password\' is invalid in JSON input'])
  const star = request(core.connectionURI, { method: 'OPTIONS', path: '*', headers: { 'api-key': core.apiKey as string } }).end()
  t.ok([404, 405].includes((await once(star, 'response'))[0].statusCode))
  t.strictSame(await plain('PATCH', '/hello', { headers: { 'api-key': 'wrong' } }), [405, 'Method not supported'], 'what asks for no key asks for none')
  t.strictSame(await plain('PATCH', '/users', { headers: { 'api-key': 'wrong' } }), [401, 'Invalid API key'], 'the others ask for it before the method')
  t.equal((await post('/recipe/signin', { email: ['a'], password })).body.status, 'WRONG_CREDENTIALS_ERROR', 'an array of one stands for the one')
  t.equal((await post('/recipe/signin', { email: ['a', 'b'], password })).status, 400)
  t.equal((await get('/users/count', { authorization: `Bearer ${core.apiKey}`, 'api-key': 'wrong' })).status, 401)
  t.strictSame((await get('/telemetry')).body, { exists: false })
  t.strictSame((await get('/config?pid=1')).body, { status: 'NOT_ALLOWED' })
  t.strictSame((await get('/user/search/tags')).body.tags, ['email', 'phone', 'provider'])
  t.equal((await put('/recipe/user', { recipeUserId: 'x', email: 'y' }, { rid: 'thirdparty' })).status, 405)
  t.equal((await get('/users/count/active?since=soon')).text, 'Field name \'since\' must be a long in the GET request')
  t.equal((await get('/users/count/active?since=-1')).status, 400)
  t.equal((await post('/recipe/jwt', { algorithm: 'RS256', jwksDomain: 'd', payload: {}, validity: 'long' })).status, 400)
  t.equal((await post('/recipe/jwt', { algorithm: 'RS256', jwksDomain: 'd', payload: {}, validity: '60' })).body.status, 'OK')
})

t.test('apps are cores of their own behind a prefix', async (t) => {
  const { get, post, put } = await openCore(t)
  t.strictSame((await put('/recipe/multitenancy/app/v2', { appId: 'A1', coreConfig: { passwordless_code_lifetime: '5000' } })).body, { status: 'OK', createdNew: true })
  t.strictSame((await put('/appid-a1/recipe/multitenancy/app/v2', { appId: 'a1' })).body, { status: 'OK', createdNew: false })
  await post('/appid-a1/recipe/signup', { email: 'a@example.com', password })
  t.equal((await get('/appid-a1/public/users/count')).body.count, 1)
  t.equal((await get('/users/count')).body.count, 0)
  t.equal((await post('/appid-a1/recipe/signinup/code', { email: 'x' })).body.codeLifetime, 5000)
  t.strictSame((await get<{ apps: Array<{ appId: string }> }>('/recipe/multitenancy/app/list/v2')).body.apps.map(({ appId }) => appId), ['public', 'a1'])
  t.equal((await put('/recipe/multitenancy/app/v2', {})).body.createdNew, false)

  const refused: Array<[string, string, object, number]> = [
    ['PUT', '/recipe/multitenancy/app/v2', { appId: 'b', coreConfig: { bcrypt_log_rounds: 4 } }, 400],
    ['PUT', '/recipe/multitenancy/app/v2', { appId: 'b', firstFactors: 'x' }, 400],
    ['PUT', '/recipe/multitenancy/app/v2', { appId: 'appid-b' }, 400],
    ['PUT', '/recipe/multitenancy/app/v2', { appId: ' ' }, 400],
    ['PUT', '/appid-a1/recipe/multitenancy/app/v2', { appId: 'b' }, 403],
    ['POST', '/appid-a1/recipe/multitenancy/app/remove', { appId: 'b' }, 403],
    ['POST', '/recipe/multitenancy/app/remove', { appId: 'public' }, 403],
    ['PUT', '/recipe/multitenancy/tenant/v2', { coreConfig: { access_token_validity: 5 } }, 400],
    ['PUT', '/recipe/multitenancy/tenant/v2', { tenantId: 't', firstFactors: ['no spaces'] }, 400],
    ['PUT', '/recipe/multitenancy/tenant/v2', { tenantId: 't', passwordlessEnabled: true }, 400],
    ['PUT', '/recipe/multitenancy/tenant/v2', { tenantId: 't', coreConfig: { passwordless_code_lifetime: 'soon' } }, 400]
  ]
  for (const [method, path, body, status] of refused) t.equal((await (method === 'PUT' ? put : post)(path, body)).status, status, `${path} ${JSON.stringify(body)}`)
  t.equal((await get('/appid-b/users/count')).status, 400, 'an app that could not be set up is not there')

  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  for (const [method, path, body] of [
    ['PUT', '/t1/recipe/multitenancy/tenant/v2', { tenantId: 't2' }],
    ['PUT', '/appid-a1/recipe/multitenancy/app/v2', {}],
    ['GET', '/t1/recipe/multitenancy/tenant/list/v2', {}],
    ['GET', '/t1/recipe/multitenancy/app/list/v2', {}],
    ['POST', '/t1/recipe/multitenancy/tenant/remove', { tenantId: 't1' }]
  ] as const) t.equal((await (method === 'GET' ? get(path) : method === 'PUT' ? put(path, body) : post(path, body))).status, 403, path)

  t.strictSame((await put('/t1/recipe/multitenancy/tenant/v2', {})).body, { status: 'OK', createdNew: false }, 'in the public app, every tenant may change the public one')

  t.strictSame((await post('/recipe/multitenancy/app/remove', { appId: 'a1' })).body, { status: 'OK', didExist: true })
  t.strictSame((await post('/recipe/multitenancy/app/remove', { appId: 'a1' })).body, { status: 'OK', didExist: false })
  t.equal((await get('/appid-a1/users/count')).status, 400)
})

t.test('providers of a tenant are checked before they are kept', async (t) => {
  const { get, put } = await openCore(t)
  const save = (config: object, more: object = {}) => put('/recipe/multitenancy/config/thirdparty', { config, ...more })
  const client = { clientId: 'c' }
  const wrong: Array<[object, RegExp]> = [
    [{ thirdPartyId: ' ' }, /thirdPartyId cannot be null or empty/],
    [{ thirdPartyId: 'x', clients: [{}] }, /clientId cannot be null/],
    [{ thirdPartyId: 'x', clients: [client, client] }, /Duplicate clientType/],
    [{ thirdPartyId: 'x', clients: [{ ...client, scope: [null] }] }, /scope array cannot contain a null/],
    [{ thirdPartyId: 'apple', clients: [client] }, /keyId, teamId and privateKey/],
    [{ thirdPartyId: 'google-workspaces', clients: [{ ...client, additionalConfig: { hd: '' } }] }, /hd in additionalConfig/],
    [{ thirdPartyId: 'boxy-saml', clients: [{ ...client, additionalConfig: { boxyURL: 5 } }] }, /boxyURL/],
    [{ thirdPartyId: 'x', name: 5 }, /Field name 'name' is invalid/]
  ]
  for (const [config, text] of wrong) t.match(await save(config), { status: 400, text }, JSON.stringify(config))
  const apple = { thirdPartyId: 'apple', name: null, requireEmail: false, tokenEndpointBodyParams: { a: 'b' }, clients: [{ ...client, clientType: null, additionalConfig: { keyId: 'k', teamId: 't', privateKey: 'p' } }] }
  t.equal((await save(apple)).body.createdNew, true)
  t.equal((await save({ thirdPartyId: 'x', clients: [{}] }, { skipValidation: true })).body.createdNew, true)
  t.match((await get('/recipe/multitenancy/tenant/v2')).body, {
    thirdParty: { providers: [{ thirdPartyId: 'apple', requireEmail: false, tokenEndpointBodyParams: { a: 'b' }, userInfoMap: { fromIdTokenPayload: {}, fromUserInfoAPI: {} } }, { thirdPartyId: 'x' }] }
  })
})

t.test('users by recipe: the older lookup that each recipe has', async (t) => {
  const { get, post } = await openCore(t)
  const { body: ep } = await post<SignedIn>('/recipe/signup', { email: 'a@example.com', password })
  const { body: tp } = await post<SignedIn>('/recipe/signinup', { thirdPartyId: 'p', thirdPartyUserId: 'pu', email: { id: 'a@example.com', isVerified: false } })
  const { body: code } = await post<CodeJson>('/recipe/signinup/code', { phoneNumber: '+14155550101' })
  const { body: pl } = await post<SignedIn>('/recipe/signinup/code/consume', { preAuthSessionId: code.preAuthSessionId, linkCode: code.linkCode })
  const cases: Array<[string | undefined, string, string]> = [
    [undefined, `userId=${ep.user.id}`, ep.user.id],
    ['emailpassword', 'email=A@example.com', ep.user.id],
    ['emailpassword', 'email=b@example.com', 'UNKNOWN_EMAIL_ERROR'],
    ['emailpassword', `userId=${tp.user.id}`, 'UNKNOWN_USER_ID_ERROR'],
    ['emailpassword', 'userId=nobody', 'UNKNOWN_USER_ID_ERROR'],
    ['emailpassword', '', '400'],
    ['emailpassword', 'userId=x&email=y', '400'],
    ['thirdparty', 'thirdPartyId=p&thirdPartyUserId=pu', tp.user.id],
    ['thirdparty', 'thirdPartyId=p&thirdPartyUserId=none', 'UNKNOWN_THIRD_PARTY_USER_ERROR'],
    ['thirdparty', 'thirdPartyId=p', '400'],
    ['passwordless', 'phoneNumber=%2B1%20415%20555%200101', pl.user.id],
    ['passwordless', 'phoneNumber=none', 'UNKNOWN_PHONE_NUMBER_ERROR'],
    ['passwordless', 'email=a@example.com', 'UNKNOWN_EMAIL_ERROR']
  ]
  for (const [rid, query, expected] of cases) {
    const { status, body } = await get<SignedIn>(`/recipe/user?${query}`, rid === undefined ? {} : { rid })
    t.equal(status === 400 ? '400' : body.user?.id ?? body.status, expected, `${rid} ${query}`)
  }
  t.equal((await get<{ users: unknown[] }>('/recipe/users/by-email?email=a@example.com')).body.users.length, 1)
})

t.test('searches, active users and accounts that are linked', async (t) => {
  const { get, post, now, wait } = await openCore(t)
  const ids: string[] = []
  for (const email of ['ann@one.example', 'bob@two.example', 'cat@two.example']) {
    ids.push((await post<SignedIn>('/recipe/signup', { email, password })).body.user.id)
    wait(10)
  }
  const { body: tp } = await post<SignedIn>('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g', email: { id: 'ann@two.example', isVerified: true } })
  const search = async (query: string) => (await get<{ users: Array<{ emails: string[] }> }>(`/users?${query}`)).body.users.map(({ emails }) => emails[0])
  t.strictSame(await search('email=ANN'), ['ann@one.example', 'ann@two.example'])
  t.strictSame(await search('email=two&timeJoinedOrder=DESC'), ['ann@two.example', 'cat@two.example', 'bob@two.example'])
  t.strictSame(await search('email=two&provider=goo'), ['ann@two.example'])
  t.strictSame(await search('phone=%2B1'), [])
  t.equal((await get('/users/count?includeAllTenants=true&includeRecipeIds=thirdparty')).body.count, 1)
  t.equal((await get('/users/count/active?since=0')).body.count, 4)
  wait(1000)
  const since = now()
  await post('/recipe/session', { userId: ids[0], ...NEW_SESSION })
  t.equal((await get(`/users/count/active?since=${since}`)).body.count, 1)

  await post('/recipe/accountlinking/user/primary', { recipeUserId: ids[0] })
  await post('/recipe/accountlinking/user/link', { recipeUserId: tp.user.id, primaryUserId: ids[0] })
  const session = (await post<SessionJson>('/recipe/session', { userId: tp.user.id, ...NEW_SESSION })).body
  t.match(session.session, { userId: ids[0], recipeUserId: tp.user.id })
  t.equal((await get<{ sessionHandles: string[] }>(`/recipe/session/user?userId=${ids[0]}`)).body.sessionHandles.length, 2, 'sessions of linked accounts are found')
  t.equal((await get<{ sessionHandles: string[] }>(`/recipe/session/user?userId=${ids[0]}&fetchSessionsForAllLinkedAccounts=false`)).body.sessionHandles.length, 1)

  // The method that gave the id goes, the id lives on; then it goes as well.
  await post('/user/remove', { userId: ids[0], removeAllLinkedAccounts: false })
  t.match((await get(`/user/id?userId=${ids[0]}`)).body, { user: { id: ids[0], loginMethods: [{ recipeUserId: tp.user.id }] } })
  await post('/user/remove', { userId: ids[0], removeAllLinkedAccounts: false })
  t.equal((await get(`/user/id?userId=${ids[0]}`)).body.status, 'UNKNOWN_USER_ID_ERROR')
})

t.test('authenticator codes are those of RFC 6238', async (t) => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  for (const [seconds, code] of [[59, '287082'], [1111111109, '081804'], [1234567890, '005924'], [20000000000, '353130']] as const) {
    t.equal(codeAt(secret, 30, seconds * 1000), code)
  }
  t.match(newSecret(), /^[A-Z2-7]{32}$/)
  t.match(codeAt('!', 30, 0), /^\d{6}$/, 'a secret without any character of the alphabet is an empty one')

  const { get, post, now } = await openCore(t)
  const device = { userId: 'u', skew: 0, period: 30 }
  t.strictSame((await post('/recipe/totp/device/import', { ...device, secretKey: secret })).body, { status: 'OK', deviceName: 'TOTP Device 0' })
  t.equal((await post('/recipe/totp/device/import', { ...device, secretKey: secret, deviceName: 'TOTP Device 0' })).body.status, 'DEVICE_ALREADY_EXISTS_ERROR')
  t.equal((await post('/recipe/totp/device/import', { ...device, secretKey: secret, deviceName: 'TOTP Device 2' })).body.status, 'OK')
  t.equal((await post('/recipe/totp/device', device)).body.deviceName, 'TOTP Device 3', 'names that are taken are passed over')
  t.equal((await post('/recipe/totp/verify', { userId: 'u', totp: codeAt(secret, 30, now()) })).body.status, 'OK')
  t.equal((await post('/recipe/totp/verify', { userId: 'u', totp: 'much-too-long' })).body.status, 'INVALID_TOTP_ERROR')
  t.equal((await post('/recipe/totp/device/import', { ...device, secretKey: '' })).status, 400)
  t.equal((await get('/recipe/totp/device/list?userId=')).status, 400)
  await post('/recipe/totp/device', { ...device, userId: 'v' })
  t.strictSame((await post('/recipe/totp/device/remove', { userId: 'v', deviceName: 'TOTP Device 0' })).body, { status: 'OK', didDeviceExist: true })
})

t.test('a code that the device has had before is not given out again', async (t) => {
  const numbers = [7, 7, 8]
  const random = () => numbers.shift()!
  const apps = openApps({ file: ':memory:', config: {}, now: Date.now, onError: () => {} })
  t.teardown(() => apps.close())
  const tenant = tenantOf(apps.get('public') as App, 'public')
  const first = createCode(tenant, { email: 'a' }, undefined, random)
  t.equal(first?.userInputCode, '000007')
  const deviceId = first?.deviceId as string
  const device = tenant.db.get<{ device_hash: string, email: string, phone: null, salt: string, failed_attempts: number }>('SELECT * FROM devices')
  t.equal(createCode(tenant, { device: device as NonNullable<typeof device>, deviceId }, undefined, random)?.userInputCode, '000008')
  t.equal(createCode(tenant, { device: device as NonNullable<typeof device>, deviceId }, '000008', random), undefined)
})

t.test('fewer attempts than a device has made already leave it none', async (t) => {
  const { post, put } = await openCore(t)
  const attempts = (max: number) => put('/recipe/multitenancy/tenant/v2', { tenantId: 't1', coreConfig: { passwordless_max_code_input_attempts: max } })
  for (const by of ['code', 'link']) {
    await attempts(5)
    const { body: code } = await post<CodeJson>('/t1/recipe/signinup/code', { email: 'a@example.com' })
    const { preAuthSessionId, deviceId, userInputCode, linkCode } = code
    const consume = (body: object) => post('/t1/recipe/signinup/code/consume', { preAuthSessionId, ...body })
    for (let attempt = 1; attempt <= 3; attempt++) t.equal((await consume({ deviceId, userInputCode: 'wrong' })).body.failedCodeInputAttemptCount, attempt)
    await attempts(2)
    t.equal((await consume(by === 'code' ? { deviceId, userInputCode } : { linkCode })).body.status, 'RESTART_FLOW_ERROR', by)
  }
})

t.test('sessions: another kind of key at refresh, rubbish, options that exclude each other', async (t) => {
  const { get, post } = await openCore(t)
  const { body: session } = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const refreshed = await post<SessionJson>('/recipe/session/refresh', { refreshToken: session.refreshToken.token, enableAntiCsrf: false, useDynamicSigningKey: false })
  t.match(JSON.parse(Buffer.from(refreshed.body.accessToken.token.split('.')[0] as string, 'base64url').toString()).kid, /^s-/)
  t.equal((await post('/recipe/session/refresh', { refreshToken: 'a.b.V2', enableAntiCsrf: false, useDynamicSigningKey: true })).body.status, 'UNAUTHORISED')
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = part({ alg: 'RS256', version: '5' })
  for (const accessToken of ['rubbish', 'a.b', `${part(5)}.${part({})}.x`, `${part({ alg: 'none' })}.${part({})}.x`, `${part({ alg: 'RS256' })}.${part({})}.x`, `${header}.x.x`, `${header}.${part({})}.x`, `${header}.${part({})}`]) {
    t.equal((await post('/recipe/session/regenerate', { accessToken })).body.status, 'UNAUTHORISED', accessToken)
  }
  t.match((await post('/recipe/session/remove', { sessionHandles: [], revokeSessionsForLinkedAccounts: true })).text, /can only be set if userId is set/)
  t.strictSame((await post('/recipe/session/remove', { userId: 'u', revokeSessionsForLinkedAccounts: false })).body.sessionHandlesRevoked, [session.session.handle])
  t.strictSame((await get('/recipe/session/user?userId=u')).body.sessionHandles, [])
})

t.test('ids that are taken, and what a linked account leaves behind', async (t) => {
  const { get, post, put } = await openCore(t)
  const signUp = async (email: string, tenant = 'public') => (await post<SignedIn>(`/${tenant}/recipe/signup`, { email, password })).body.user.id
  const [ann, bob, cat] = [await signUp('ann@example.com'), await signUp('bob@example.com'), await signUp('cat@example.com')]
  const map = (superTokensUserId: string, externalUserId: string, force = false) => post('/recipe/userid/map', { superTokensUserId, externalUserId, force })
  t.match(await map(ann, bob), { status: 400, text: /also a SuperTokens userID/ })
  t.equal((await map(ann, 'ext')).body.status, 'OK')
  t.match((await map(ann, 'other')).body, { status: 'USER_ID_MAPPING_ALREADY_EXISTS_ERROR', doesSuperTokensUserIdExist: true, doesExternalUserIdExist: false })
  t.equal((await map(bob, cat, true)).body.status, 'OK', 'unless it is forced')
  const { body: { token } } = await post<{ token: string }>('/recipe/user/email/verify/token', { userId: cat, email: 'cat@example.com' })
  await post('/recipe/user/email/verify', { method: 'token', token })
  t.equal((await map(cat, 'cat-ext')).body.status, 'OK')
  t.match((await get('/user/id?userId=cat-ext')).body, { user: { loginMethods: [{ verified: true }] } }, 'verification moves along')

  await post('/recipe/accountlinking/user/primary', { recipeUserId: 'ext' })
  const { body: code } = await post<CodeJson>('/recipe/signinup/code', { phoneNumber: '+14155550101' })
  const { body: phone } = await post<SignedIn>('/recipe/signinup/code/consume', { preAuthSessionId: code.preAuthSessionId, linkCode: code.linkCode })
  await put('/recipe/user/metadata', { userId: phone.user.id, metadataUpdate: { a: 1 } })
  await post('/recipe/accountlinking/user/link', { recipeUserId: phone.user.id, primaryUserId: 'ext' })

  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  t.strictSame((await post('/t1/recipe/multitenancy/tenant/user', { recipeUserId: phone.user.id })).body, { status: 'OK', wasAlreadyAssociated: false })
  const twin = await signUp('ann@example.com', 't1')
  t.equal((await post('/t1/recipe/multitenancy/tenant/user', { recipeUserId: 'ext' })).body.status, 'EMAIL_ALREADY_EXISTS_ERROR')
  t.equal((await post('/recipe/accountlinking/user/primary', { recipeUserId: twin })).body.status, 'ACCOUNT_INFO_ALREADY_ASSOCIATED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR')
  // Two primary users with one email, apart until now, must not meet in a tenant.
  const [dan, dora] = [await signUp('dan@example.com'), await signUp('dan@example.com', 't1')]
  for (const recipeUserId of [dan, dora]) t.equal((await post('/recipe/accountlinking/user/primary', { recipeUserId })).body.status, 'OK')
  t.equal((await post('/t1/recipe/multitenancy/tenant/user', { recipeUserId: dan })).body.status, 'EMAIL_ALREADY_EXISTS_ERROR')

  await post('/user/remove', { userId: phone.user.id, removeAllLinkedAccounts: false })
  t.match((await get('/user/id?userId=ext')).body, { user: { id: 'ext', phoneNumbers: [], loginMethods: { length: 1 } } })
  t.strictSame((await get(`/recipe/user/metadata?userId=${phone.user.id}`)).body.metadata, {})
})

t.test('the hash that is verified for unknown accounts costs what that of a new account costs, and fits no password', async (t) => {
  for (const config of [{ bcrypt_log_rounds: 4 }, { bcrypt_log_rounds: 10 }, { password_hashing_alg: 'ARGON2', argon2_memory_kb: 1024, argon2_iterations: 2, argon2_parallelism: 3 }]) {
    const settings = resolveSettings(config)
    const [decoy, real] = [decoyHash(settings), await hashPassword('x', settings)]
    t.equal(decoy.length, real.length)
    const cost = (hash: string) => hash.split('$').slice(0, settings.hashing === 'BCRYPT' ? 3 : 4)
    t.same(cost(decoy), cost(real))
    t.equal(await verifyPassword('x', decoy, settings), false)
  }
  // Unlike a broken hash, it is really computed: one that differs in its last bits only is right.
  const settings = resolveSettings({ bcrypt_log_rounds: 4 })
  t.equal(await verifyPassword('x', decoyHash(settings).slice(0, 29) + (await bcrypt('x', 4, Buffer.alloc(16))).slice(29), settings), true)
})
