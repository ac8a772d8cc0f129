import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import Fastify from 'fastify'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import t from 'tap'
import { fastify2fa, require2FA, type Fastify2faOptions } from '../../src/index.js'
import { applyRevocation } from '../../src/session/ended.js'
import { generateKey } from '../../src/signing-keys/generate.js'
import { createVerifier } from '../../src/verifier/index.js'
import { enrolTotp, passSecondFactor, resetClock, signIn, signInWithSecondFactor, signUp, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { ask, credentials, OPTIONS as FORWARD, PROXIES, questionOf, SECRET as PROXY_SECRET, SHOP } from '../forward-auth/proxy.js'
import { newBrowser, proveAs, registerAs } from '../account/browser.js'
import { testCore } from '../helper.js'

const SECRET = 'the-secret-of-the-orders-service-001'
const OPTIONS: Fastify2faOptions = {
  ...FORWARD,
  secondFactors: ['sms', 'totp'],
  knownBrowsers: true,
  serviceClients: [{ id: 'orders', secrets: [SECRET] }],
  signingKeys: { keys: [generateKey()] }
}

/** A host that is careless: it logs everything, and answers every other path with its pages. */
const logged: string[] = []
const stream = new PassThrough().setEncoding('utf8').on('data', (line: string) => { logged.push(line) })
const app = Fastify({ logger: { level: 'trace', stream } })
t.teardown(() => app.close())
await app.register(fastify2fa, { ...(await testCore()).options, ...OPTIONS })
app.get('/orders', { preHandler: require2FA }, async () => 'open')
app.setNotFoundHandler({ config: { secondFactor: false } } as never, async (_request, reply) => await reply.code(200).type('text/html').send('<html>the pages'))
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address() as AddressInfo

const header = { transferMethod: 'header' } as const
const tokenOf = (session: TestSession): string => session.tokens.get('st-access-token') ?? decodeURIComponent(session.cookies.get('sAccessToken')!)
const handleOf = (session: TestSession): string => (JSON.parse(Buffer.from(tokenOf(session).split('.')[1]!, 'base64url').toString()) as { sessionHandle: string }).sessionHandle
const asClient = { authorization: `Bearer ${SECRET}` }

async function isActive (token: string, more = ''): Promise<unknown> {
  const response = await app.inject({ method: 'POST', url: '/auth/introspect', headers: { ...asClient, 'content-type': 'application/x-www-form-urlencoded' }, payload: `token=${token}${more}` })
  return response.json<{ active: boolean }>().active
}
async function polled (): Promise<Record<string, string>> {
  const response = await app.inject({ method: 'POST', url: '/auth/events/poll', headers: asClient, payload: { returnImmediately: true } })
  return response.json<{ sets: Record<string, string> }>().sets
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`a session that has ended elsewhere passes no proxy (${transferMethod})`, async (t) => {
    const users: SignedInUser[] = []
    for (let i = 0; i < 3; i++) users.push(await signInWithSecondFactor(app, { transferMethod }))
    const [one, all, out] = users as [SignedInUser, SignedInUser, SignedInUser]
    for (const proxy of PROXIES) for (const { session } of users) t.equal((await ask(app, proxy, session)).statusCode, 200)
    applyRevocation({ type: 'session-revoked', at: Date.now(), reason: 'ended', sessionHandles: [handleOf(one.session)] })
    app.twoFactor.revocations.announce({ userId: all.userId })
    const held = out.session.copy()
    await out.session.inject({ method: 'POST', url: '/auth/signout' })
    for (const proxy of PROXIES) {
      for (const session of [one.session, all.session, held]) {
        const { statusCode, headers } = await ask(app, proxy, session)
        t.match([statusCode, headers['x-auth-user-id'], headers['x-auth-assertion']], [401, undefined, undefined], proxy)
        t.not((await ask(app, proxy, session, { rules: proxy === 'envoy-rules' ? '' : 'optional=true' })).statusCode, 200, 'nor as nobody')
      }
    }
  })
}

t.test('the token of before the second factor is nothing afterwards, wherever it is shown', async (t) => {
  for (const transferMethod of ['cookie', 'header'] as const) {
    const user = await signUp(app, { transferMethod })
    const before = user.session.copy()
    t.equal(await isActive(tokenOf(before)), false)
    t.equal(await isActive(tokenOf(before), '&second_factor=optional'), true)
    await passSecondFactor(app, user)
    t.equal(await isActive(tokenOf(before), '&second_factor=optional'), false)
    t.equal(await isActive(tokenOf(user.session)), true)
    t.equal((await ask(app, 'nginx', before)).statusCode, 401)
    t.equal((await ask(app, 'nginx', user.session)).statusCode, 200)
  }
})

t.test('a known browser passes a proxy only where its operator says so, and never for a second factor', async (t) => {
  const [alice, browser] = [await signInWithSecondFactor(app), newBrowser()]
  t.equal((await registerAs(browser, alice.session)).statusCode, 200)
  const again = await signIn(app, alice)
  await proveAs(browser, again.session)
  const copy = again.session.copy()
  for (const proxy of PROXIES) {
    for (let i = 0; i < 2; i++) {
      t.match(await ask(app, proxy, again.session, { rules: 'acceptKnownBrowser=true' }), { statusCode: 200, headers: { 'x-auth-acr': 'urn:fastify-2fa:known-browser', 'x-auth-time': '' } }, proxy)
      // Right after, with the same token: what was said of it for one route opens no other.
      for (const rules of ['maxAge=5m', 'factors=sms', ...(proxy === 'envoy-rules' ? [] : [''])]) t.equal((await ask(app, proxy, again.session, { rules })).statusCode, 403, `${proxy} ${rules}`)
    }
  }
  t.equal(await isActive(tokenOf(again.session)), false)
  t.equal(await isActive(tokenOf(again.session), '&second_factor=optional'), true)
  const verifier = createVerifier({ serviceUrl: `http://127.0.0.1:${port}`, antiCsrf: 'SAME_SITE' })
  const request = { method: 'GET', headers: credentials(again.session) }
  t.equal((await verifier.verifyRequest(request)).admitted, false)
  t.equal((await verifier.requiring({ acceptKnownBrowser: true })(request)).admitted, true)
  const newPassword = 'correct horse 2'
  t.match((await alice.session.inject({ method: 'POST', url: '/auth/account/password', payload: { oldPassword: alice.password, newPassword } })).json(), { status: 'OK' })
  for (const proxy of PROXIES) t.equal((await ask(app, proxy, copy, { rules: 'acceptKnownBrowser=true' })).statusCode, 401)
})

t.test('a removed factor ends the other sessions everywhere', async (t) => {
  t.teardown(resetClock)
  const user = await signInWithSecondFactor(app, header)
  await enrolTotp(app, user)
  const other = await signIn(app, { ...user, ...header })
  await passSecondFactor(app, other)
  t.equal((await ask(app, 'nginx', other.session)).statusCode, 200)
  const told = new Set(Object.keys(await polled()))
  const handle = handleOf(other.session)
  const { devices } = (await user.session.inject('/auth/totp/device/list')).json<{ devices: { name: string }[] }>()
  const removed = await user.session.inject({ method: 'POST', url: '/auth/totp/device/remove', payload: { deviceName: devices[0]!.name } })
  t.match(removed.json(), { status: 'OK' })
  t.equal((await ask(app, 'nginx', other.session)).statusCode, 401)
  t.equal(await isActive(tokenOf(other.session)), false)
  const news = Object.entries(await polled()).filter(([jti]) => !told.has(jti)).map(([, token]) => Buffer.from(token.split('.')[1]!, 'base64url').toString())
  t.ok(news.some((claims) => claims.includes(handle) && claims.includes('factor-change')))
})

t.test('no kind of token passes for another', async (t) => {
  const { session } = await signInWithSecondFactor(app, header)
  const assertion = String((await ask(app, 'nginx', session)).headers['x-auth-assertion'])
  const set = Object.values(await polled())[0]!
  t.same([assertion, set].map((token) => decodeProtectedHeader(token).typ), ['forward-auth+jwt', 'secevent+jwt'])
  const keys = createLocalJWKSet((await app.inject('/auth/fastify-2fa/jwks.json')).json())
  const { issuer } = app.twoFactor.signer!
  await jwtVerify(assertion, keys, { issuer, typ: 'forward-auth+jwt', audience: SHOP })
  await t.rejects(jwtVerify(assertion, keys, { issuer, typ: 'secevent+jwt' }))
  await t.rejects(jwtVerify(set, keys, { issuer, typ: 'forward-auth+jwt' }))
  await t.rejects(jwtVerify(tokenOf(session), keys))
  const verifier = createVerifier({ serviceUrl: `http://127.0.0.1:${port}`, antiCsrf: 'SAME_SITE' })
  // A service that was given the wrong key set: its form alone refuses them.
  const misled = createVerifier({ jwksUrl: `http://127.0.0.1:${port}/auth/fastify-2fa/jwks.json`, antiCsrf: 'SAME_SITE' })
  for (const token of [assertion, set]) {
    for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: `sAccessToken=${token}` }]) {
      t.equal((await app.inject({ url: '/orders', headers })).statusCode, 401)
      t.equal((await app.inject(questionOf('nginx', { headers }) as never)).statusCode, 401)
      for (const one of [verifier, misled]) t.equal((await one.verifyRequest({ method: 'GET', headers })).admitted, false)
    }
    t.equal(await isActive(token, '&second_factor=optional'), false)
  }
})

t.test('methods that nobody thought of get nothing from other services\' routes', async (t) => {
  const { session } = await signInWithSecondFactor(app, header)
  for (const path of ['/auth/introspect', '/auth/events', '/auth/events/poll', '/auth/fastify-2fa/jwks.json', '/verify/nginx', '/verify/traefik', '/verify/envoy/x', '/verify/envoy-rules/maxAge=5m/x']) {
    for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PATCH'] as const) {
      const { statusCode, headers, body } = await app.inject({ method: method as never, url: path, headers: { ...credentials(session) } })
      t.notOk('x-auth-user-id' in headers, `${method} ${path}`)
      t.notMatch(body, tokenOf(session))
      if (path.startsWith('/verify')) t.equal(statusCode, 403, `${method} ${path} ${statusCode}`)
    }
  }
})

t.test('a proxy that asks at a wrong path is told no, whatever the host answers elsewhere', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  const { headers } = questionOf('nginx', { headers: credentials(session) })
  for (const url of ['/verify', '/verify/', '/verify/ngnix', '/verify/nginx/', '/verify/nginx/x', '/verify/traefik/', '/verify/envoy', '/verify/envoy-rules', '/verify/caddy?maxAge=5m']) {
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS'] as const) {
      const { statusCode } = await app.inject({ method, url, headers } as never)
      t.ok(statusCode >= 400, `${method} ${url} ${statusCode}`)
    }
  }
})

t.test('logs have no secrets, tokens and assertions', async (t) => {
  const { session } = await signInWithSecondFactor(app, header)
  const assertion = String((await ask(app, 'envoy', session, { uri: '/orders?code=123456-private' })).headers['x-auth-assertion'])
  await ask(app, 'nginx', session, { uri: '/orders?code=123456-private', rules: 'optional=yes' })
  await ask(app, 'envoy', session, { uri: '/x?code=123456-private', rules: 'maxAge=0q', headers: { host: 'elsewhere.example.com' } })
  await ask(app, 'nginx', session, { headers: { 'x-forward-auth-secret': `${PROXY_SECRET}x` } })
  await isActive(tokenOf(session))
  await app.inject({ method: 'POST', url: '/auth/introspect', headers: { authorization: `Bearer ${SECRET}x`, 'content-type': 'application/x-www-form-urlencoded' }, payload: `token=${tokenOf(session)}` })
  await app.inject({ method: 'POST', url: '/auth/introspect', headers: { authorization: `Basic ${Buffer.from(`orders:${SECRET}x`).toString('base64')}`, 'content-type': 'application/json' }, payload: `{"token":"${tokenOf(session)}"}` })
  const sets = await polled()
  await new Promise(setImmediate)
  const log = logged.join('')
  t.match(log, /incoming request/)
  for (const secret of [SECRET, PROXY_SECRET, tokenOf(session), tokenOf(session).split('.')[2]!, assertion, '123456-private', ...Object.values(sets)]) t.notOk(log.includes(secret), secret.slice(0, 20))
})
