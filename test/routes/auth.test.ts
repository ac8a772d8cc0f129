import t from 'tap'
import { getAllCORSHeaders } from 'supertokens-node'
import { createTestSession, requestCode, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { REQUEST_HEADERS } from '../../src/index.js'
import { build } from '../helper.js'
import { isFault, isRefused } from '../refused.js'

const POSTS = ['/signup', '/signin', '/user/password/reset/token', '/user/password/reset', '/signinup/code', '/signinup/code/resend', '/signinup/code/consume']

t.test('no body makes a 500', async (t) => {
  const app = await build(t)
  const { session } = await signInWithSecondFactor(app)
  const json = { 'content-type': 'application/json' }
  const nested = '{"formFields":' + '['.repeat(32_000) + ']'.repeat(32_000) + '}'
  const bodies: { headers?: Record<string, string>, payload?: string | object }[] = [
    {}, { headers: json, payload: '' }, { headers: json, payload: 'null' }, { headers: json, payload: '[]' }, { headers: json, payload: '1' },
    { headers: json, payload: '"text"' }, { headers: json, payload: '{' }, { headers: json, payload: '{"__proto__":{"a":1}}' }, { headers: json, payload: nested },
    { payload: {} }, { payload: { formFields: null } }, { payload: { formFields: {} } }, { payload: { formFields: [null] } }, { payload: { formFields: [1] } },
    { payload: { formFields: [{ id: 'email', value: 1 }, { id: 'password', value: {} }] } }, { payload: { formFields: Array(33).fill({ id: 'email', value: 'a' }) } },
    { payload: { formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: ['x'] }] } },
    { payload: { formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'email', value: 'b@example.com' }] } },
    { payload: { phoneNumber: 1 } }, { payload: { phoneNumber: null } }, { payload: { phoneNumber: ['+12125550101'] } }, { payload: { phoneNumber: '+'.repeat(60) } },
    { payload: { deviceId: null, preAuthSessionId: null, userInputCode: null } }, { payload: { deviceId: 1, preAuthSessionId: 2, userInputCode: 3 } },
    { payload: { deviceId: 'a', preAuthSessionId: 'b', userInputCode: '123456' } }, { payload: { deviceId: '', preAuthSessionId: '', userInputCode: '' } },
    { payload: { deviceId: '=', preAuthSessionId: '%00', userInputCode: '\u0000' } }, { payload: { preAuthSessionId: 'b' } },
    { payload: { token: 1, formFields: [{ id: 'password', value: 'correct horse 1' }] } }, { payload: { token: 'x', formFields: [{ id: 'password', value: 'correct horse 1' }] } },
    { payload: { formFields: [{ id: 'email', value: 'a\u0000@example.com' }, { id: 'password', value: 'correct\u0000horse 1' }] } }, { payload: { token: 'x\u0000', formFields: [{ id: 'password', value: 'correct horse 1' }] } },
    { headers: { 'content-type': 'text/plain' }, payload: 'text' }, { headers: { 'content-type': 'application/xml' }, payload: '<a/>' },
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'formFields=1&a[b]=c' },
    { headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: '--x--' }, { headers: { 'content-type': 'nonsense' }, payload: '{}' },
    { headers: json, payload: JSON.stringify({ formFields: [{ id: 'email', value: 'x'.repeat(70_000) }] }) },
    { payload: { shouldTryLinkingWithSessionUser: true, formFields: [{ id: 'email', value: 'c@example.com' }, { id: 'password', value: 'wrong horse 1' }] } },
    { payload: { shouldTryLinkingWithSessionUser: 'x', formFields: [{ id: 'email', value: 'c@example.com' }, { id: 'password', value: 'wrong horse 1' }] } }
  ]
  for (const path of POSTS) {
    for (const [i, body] of bodies.entries()) {
      for (const version of ['4.1', '1.18', 'nonsense']) {
        const response = await session.inject({ method: 'POST', url: `/auth${path}`, ...body, headers: { ...body.headers, 'fdi-version': version } })
        const label = `${path} with body ${i}, FDI ${version}: ${response.statusCode} ${response.body.slice(0, 120)}`
        t.notOk(isFault(response), label)
        t.notMatch(response.body, /SuperTokens core|at .*\.(js|ts):\d/, label)
        t.type(response.json(), 'object', label)
      }
    }
  }
})

t.test('no token, header or cookie makes a 500', async (t) => {
  const app = await build(t)
  const { session } = await signUp(app)
  const token = session.cookies.get('sAccessToken')!
  const tokens = ['', 'x', 'a.b.c', '..', token.slice(0, -5), token + 'x', token.split('.').slice(0, 2).join('.') + '.', 'é', '%', '"'.repeat(50), 'eyJhbGciOiJub25lIn0.e30.']
  for (const value of tokens) {
    for (const headers of [{ authorization: `Bearer ${value}` }, { authorization: value }, { cookie: `sAccessToken=${value}` }, { cookie: `sAccessToken=${token}; sAccessToken=${value}` }, { cookie: `sRefreshToken=${value}` }, { cookie: `sIdRefreshToken=${value}` }]) {
      for (const [method, url] of [['GET', '/me'], ['POST', '/auth/signinup/code/consume'], ['POST', '/auth/session/refresh'], ['POST', '/auth/signout']] as const) {
        const response = await app.inject({ method, url, headers: { rid: 'session', ...headers }, ...(method === 'POST' && { payload: { deviceId: 'a', preAuthSessionId: 'b', userInputCode: '1' } }) })
        t.ok([400, 401, 403].includes(response.statusCode), `${method} ${url} ${JSON.stringify(headers).slice(-90)}: ${response.statusCode} ${response.body}`)
      }
    }
  }
})

t.test('only the paths on the list exist, and only by their own method', async (t) => {
  const app = await build(t)
  const { session } = await signInWithSecondFactor(app)
  const unlisted = [
    'GET /auth/.well-known/openid-configuration', 'GET /auth/loginmethods', 'GET /auth/oauth/auth', 'POST /auth/oauth/token', 'POST /auth/callback/apple', 'POST /auth/signinup',
    'GET /auth/authorisationurl', 'GET /auth/passwordless/email/exists?email=a', 'POST /auth/user/email/verify', 'GET /auth/signin', 'PUT /auth/signin', 'DELETE /auth/session/refresh', 'POST /auth/nothing',
    'POST /auth/SIGNIN', 'POST /authx/signin', 'POST /auth//signin', 'POST /auth/%73ignin', 'POST /auth/a/b/signin', 'POST /auth/t%2Fx/signin', 'POST /auth/é/signin'
  ]
  for (const route of unlisted) {
    const [method, url] = route.split(' ') as ['GET', string]
    const response = await session.inject({ method, url, ...(method !== 'GET' && { payload: {} }) })
    t.equal(response.statusCode, 404, route)
  }
  isRefused(t, await session.inject({ method: 'POST', url: '/auth/public/signin', payload: {} }), 'AUTH_BODY_INVALID', 'the public tenant by name')
  const unknown = await session.inject({ method: 'POST', url: '/auth/elsewhere/signin', payload: {} })
  isRefused(t, unknown, 'AUTH_TENANT_UNKNOWN')
})

t.test('the tenant of the session counts, not the one in the URL', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  const response = await user.session.inject({ method: 'POST', url: '/auth/public/signinup/code/consume', payload: challenge })
  t.equal(response.json().status, 'OK')
})

t.test('the existence endpoints answer everyone alike', async (t) => {
  const app = await build(t)
  const { email } = await signUp(app)
  for (const path of ['/auth/emailpassword/email/exists?email=', '/auth/signup/email/exists?email=']) {
    t.same((await app.inject(path + email)).json(), { status: 'OK', exists: false })
    isRefused(t, await app.inject(path.split('?')[0]!), 'AUTH_BODY_INVALID')
  }
})

t.test('the website may call with credentials, others may not', async (t) => {
  const app = await build(t)
  const preflight = (origin: string) => app.inject({
    method: 'OPTIONS', url: '/auth/signin', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': REQUEST_HEADERS.join(',') }
  })
  const own = await preflight('http://localhost:3001')
  t.equal(own.statusCode, 204)
  t.equal(own.headers['access-control-allow-origin'], 'http://localhost:3001')
  t.equal(own.headers['access-control-allow-credentials'], 'true')
  t.not((await preflight('https://evil.example')).headers['access-control-allow-origin'], 'https://evil.example')
  t.strictSame(getAllCORSHeaders().filter((header) => !REQUEST_HEADERS.includes(header)), [], 'every header that the SDK asks for is allowed')
})

t.test('the signing keys are public, so that other services can verify tokens', async (t) => {
  const app = await build(t)
  const { keys } = (await app.inject('/auth/jwt/jwks.json')).json()
  t.match(keys[0], { kty: 'RSA', alg: 'RS256', use: 'sig', kid: String })
  t.equal(keys[0].d, undefined)
})

t.test('a refresh token that was used before ends the session', async (t) => {
  const app = await build(t)
  const { session } = await signUp(app)
  const thief = session.copy()
  const refresh = (client: typeof session) => client.inject({ method: 'POST', url: '/auth/session/refresh' })
  t.equal((await refresh(session)).statusCode, 200)
  t.equal((await refresh(session)).statusCode, 200)
  t.equal((await refresh(thief)).statusCode, 401)
  t.equal((await refresh(session)).statusCode, 401, 'the owner is signed out too, and will notice')
  t.equal((await createTestSession(app).inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401)
})
