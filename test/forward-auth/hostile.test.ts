import Fastify from 'fastify'
import cors from '@fastify/cors'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { IDENTITY_HEADERS } from '../../src/forward-auth/identity.js'
import { signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { ask, buildWithProxy, credentials, OPTIONS, PROXIES, questionOf, SECRET, SHOP, type Proxy } from './proxy.js'

const app = await buildWithProxy(t)
const first = await signUp(app)
const both = await signInWithSecondFactor(app)

t.test('only the proxy may ask', async (t) => {
  for (const proxy of PROXIES) {
    for (const secret of [undefined, '', 'x', SECRET.slice(1), `${SECRET}x`, SECRET.toUpperCase(), [SECRET, 'x'], `${SECRET}, ${SECRET}`]) {
      const { statusCode, body, headers } = await ask(app, proxy, both.session, { headers: { 'x-forward-auth-secret': secret } })
      t.match({ statusCode, body }, { statusCode: 403, body: /AUTH_PROXY_REFUSED/ }, `${proxy} ${String(secret)}`)
      for (const name of IDENTITY_HEADERS) t.notOk(name in headers)
    }
  }
})

t.test('what a visitor sends never counts as a rule', async (t) => {
  const tricks: Array<[Proxy, object]> = [
    ['nginx', { uri: '/orders?optional=true' }],
    ['traefik', { uri: '/orders?optional=true&roles=' }],
    ['envoy', { uri: '/orders?optional=true' }],
    ['envoy', { uri: '/optional=true/orders' }],
    ['envoy', { uri: '/../envoy-rules/optional=true/orders' }],
    ['envoy', { uri: '//?optional=true' }],
    ['envoy', { uri: '/%3Foptional=true' }],
    ['envoy', { uri: '/;optional=true' }],
    ['envoy-rules', { rules: 'roles=admin', uri: '/optional=true/' }],
    ['envoy-rules', { rules: 'roles=admin', uri: '/orders?optional=true' }],
    ['nginx', { headers: { 'x-forward-auth-rules': 'optional=true' } }],
    ['traefik', { headers: { 'x-forward-auth-rules': 'optional=true' } }],
    ['envoy-rules', { headers: { 'x-forward-auth-rules': 'optional=true' } }]
  ]
  for (const [proxy, visit] of tricks) {
    for (const session of [undefined, first.session]) {
      const { statusCode } = await ask(app, proxy, session, visit)
      t.ok(statusCode >= 400, `${proxy} ${JSON.stringify(visit)}: ${statusCode}`)
    }
  }
  t.equal((await ask(app, 'envoy', both.session, { rules: 'roles=admin', uri: '/x?roles=' })).statusCode, 403)
})

t.test('a visitor\'s query that a proxy sends along as the rules lets nobody pass', async (t) => {
  for (const proxy of ['nginx', 'traefik'] as const) {
    for (const [rules, query] of [['optional=true', 'optional=true'], ['optional=true', 'a=b&%6fptional=tru%65'], ['roles=admin&optional=true', 'optional=true&roles=admin&%zz'], ['roles=admin&optional=true', 'optional=true'], ['maxAge=5m&audience=other', 'audience=other']] as const) {
      t.match(await ask(app, proxy, both.session, { rules, uri: `/x?${query}` }), { statusCode: 500, body: /AUTH_FORWARDED_INVALID/ }, `${proxy} ${query}`)
    }
    t.equal((await ask(app, proxy, both.session, { rules: 'maxAge=5m&factors=sms', uri: '/x?factors=sms' })).statusCode, 200, 'the operator\'s own')
  }
})

t.test('a path has no say in whether a session is needed', async (t) => {
  t.match(await ask(app, 'envoy-rules', undefined, { rules: 'optional=true' }), { statusCode: 500, body: /AUTH_FORWARDED_INVALID/ })
})

t.test('rules that are unknown, misspelt, empty or there twice let nobody pass', async (t) => {
  const wrong = [
    'maxage=5m', 'maxAge=', 'maxAge=5', 'maxAge=5x', 'maxAge=0s', 'maxAge=-5m', 'maxAge=5m&maxAge=9h', 'role=admin', 'roles=', 'roles=admin,', 'roles=a&roles=b', 'permissions=',
    'factors=', 'factors=smss', 'factors=sms,smss', 'acr=sms', 'acr=urn:fastify-2fa:totp', 'acr=urn:fastify-2fa:sms&factors=sms', 'optional=yes', 'optional=', 'optional=1', 'acceptKnownBrowser=true&factors=sms',
    'audience=', 'audience=a+b', 'x', '=', 'constructor=1', '__proto__=1', 'optional=true&x=1', `roles=${'a'.repeat(3000)}`
  ]
  for (const rules of wrong) {
    for (const proxy of PROXIES) {
      const { statusCode, body } = await ask(app, proxy, both.session, { rules })
      t.ok(statusCode >= 400, `${proxy} ${rules.slice(0, 40)}`)
      t.notMatch(body, /maxage|smss/, 'the visitor is not told what is wrong')
    }
  }
  t.equal((await ask(app, 'envoy', both.session, { headers: { 'x-forward-auth-rules': ['maxAge=5m', 'optional=true'] } })).statusCode, 500)
})

t.test('an address that is none of the services\' is refused, and so is one that is not plain', async (t) => {
  for (const proxy of PROXIES) {
    for (const origin of ['http://localhost:8082', 'https://localhost:8080', 'http://evil.example', 'http://localhost.:8080', 'http://nobody.invalid']) {
      t.match(await ask(app, proxy, both.session, { origin }), { statusCode: 403, body: /AUTH_FORWARDED_ORIGIN_REFUSED/ }, `${proxy} ${origin}`)
    }
  }
  const odd: Array<[Proxy, Record<string, string | string[] | undefined>]> = [
    ['nginx', { 'x-original-url': undefined }],
    ['nginx', { 'x-original-url': `${SHOP}/a, http://localhost:8081/b` }],
    ['nginx', { 'x-original-url': [`${SHOP}/a`, `${SHOP}/b`] }],
    ['nginx', { 'x-original-url': '/orders' }],
    ['nginx', { 'x-original-url': `${SHOP}` }],
    ['nginx', { 'x-original-url': 'http://localhost:8080@evil.example/' }],
    ['nginx', { 'x-original-url': `${SHOP}?x=/` }],
    ['nginx', { 'x-original-url': 'javascript://localhost:8080/' }],
    ['nginx', { 'x-original-method': undefined }],
    ['nginx', { 'x-original-method': 'GET, POST' }],
    ['nginx', { 'x-original-method': ['GET', 'POST'] }],
    ['nginx', { 'x-original-method': 'get' }],
    ['traefik', { 'x-forwarded-method': ['GET', 'GET'] }],
    ['traefik', { 'x-forwarded-host': ['localhost:8080', 'localhost:8080'] }],
    ['traefik', { 'x-forwarded-host': 'localhost:8080,localhost:8081' }],
    ['traefik', { 'x-forwarded-host': 'localhost:8080/x' }],
    ['traefik', { 'x-forwarded-host': 'a@localhost:8080' }],
    ['traefik', { 'x-forwarded-proto': ['http', 'http'] }],
    ['traefik', { 'x-forwarded-proto': 'ftp' }],
    ['traefik', { 'x-forwarded-proto': undefined }],
    ['traefik', { 'x-forwarded-uri': undefined }],
    ['traefik', { 'x-forwarded-uri': ['/a', '/b'] }],
    ['traefik', { 'x-forwarded-uri': 'orders' }],
    ['traefik', { 'x-forwarded-uri': '@evil.example/' }],
    ['traefik', { 'x-forwarded-uri': `/${'a'.repeat(17_000)}` }],
    ['envoy', { 'x-forwarded-proto': undefined }],
    ['envoy', { 'x-forwarded-proto': 'http, https' }]
  ]
  for (const [proxy, headers] of odd) t.ok((await ask(app, proxy, both.session, { headers })).statusCode >= 400, `${proxy} ${JSON.stringify(headers).slice(0, 100)}`)
  t.equal((await ask(app, 'envoy-rules', both.session, { rules: '', uri: '' })).statusCode, 500)
})

t.test('headers of others than the one who is asked for count for nothing', async (t) => {
  const headers = {
    'x-original-method': 'GET',
    'x-original-url': `${SHOP}/`,
    'x-forwarded-method': 'GET',
    'x-forwarded-uri': '/',
    'x-http-method-override': 'GET',
    'x-auth-user-id': 'admin',
    'x-auth-roles': 'admin',
    'x-auth-assertion': 'forged',
    'x-rewrite-url': '/',
    'x-original-uri': '/'
  }
  for (const proxy of PROXIES) {
    const own = questionOf(proxy, {}).headers
    const { headers: answer } = await ask(app, proxy, both.session, { headers: { ...headers, ...own } })
    t.equal(answer['x-auth-user-id'], both.userId)
    t.equal(answer['x-auth-roles'], '')
    t.not(answer['x-auth-assertion'], 'forged')
  }
})

t.test('a body is the visitor\'s, for the service behind', async (t) => {
  for (const proxy of PROXIES) {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/xml', 'multipart/form-data; boundary=x', 'nonsense']) {
      const question = questionOf(proxy, { method: 'POST', headers: { rid: 'anti-csrf', ...credentials(both.session), 'content-type': type } })
      const { statusCode } = await app.inject({ ...question as object, method: proxy.startsWith('envoy') ? 'POST' : 'GET', payload: '{"broken' } as never)
      t.equal(statusCode, 200, `${proxy} ${type}`)
    }
  }
})

t.test('a page of another website opens no WebSocket with a person\'s cookies', async (t) => {
  const handshakes = [{ upgrade: 'websocket' }, { 'sec-websocket-key': 'x' }, { 'sec-websocket-version': '13' }, { 'sec-fetch-mode': 'websocket' }]
  for (const proxy of PROXIES) {
    for (const handshake of handshakes) {
      const statusFor = async (origin: string | undefined) => (await ask(app, proxy, both.session, { headers: { ...handshake, ...(origin && { origin }) } })).statusCode
      t.equal(await statusFor('https://evil.example'), 403, `${proxy} ${JSON.stringify(handshake)}`)
      t.equal(await statusFor('http://localhost:8081'), 403, 'another service behind the proxy is another website')
      t.equal(await statusFor(undefined), 403)
      t.equal(await statusFor(SHOP), 200, 'the service\'s own pages may')
      t.equal(await statusFor('http://localhost:3001'), 200, 'and so may the websites')
    }
  }
  t.equal((await ask(app, 'traefik', both.session, { headers: { 'x-forwarded-proto': 'ws', 'sec-websocket-key': 'x', origin: SHOP } })).statusCode, 200)
})

t.test('a hook of the host that answers by itself is no yes', async (t) => {
  const host = Fastify()
  t.teardown(() => host.close())
  await host.register(cors, { origin: true })
  host.addHook('onRequest', async (request, reply) => request.headers['x-cached'] === '1' ? reply.code(200).send('cached') : undefined)
  host.setErrorHandler(async (_err, _request, reply) => reply.code(200).send({ ok: false }))
  await host.register(fastify2fa, { ...(await testCore()).options, ...OPTIONS })
  for (const proxy of PROXIES) {
    const preflight = questionOf(proxy, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } }) as object
    t.equal((await host.inject({ ...preflight, method: 'OPTIONS' } as never)).statusCode, 403, proxy)
    t.equal((await ask(host, proxy, undefined, { headers: { 'x-cached': '1' } })).statusCode, 403, proxy)
  }
})

t.test('a token that is forged, broken or of another service is none', async (t) => {
  const token = both.session.cookies.get('sAccessToken')!
  const [head, body, signature] = token.split('.')
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  const assertion = String((await ask(app, 'nginx', both.session)).headers['x-auth-assertion'])
  const forged = [`${head}.${body}.${signature!.slice(0, -8)}AAAAAAAA`, `${none}.${body}.`, `${head}.${body}`, '', 'x', assertion]
  for (const proxy of PROXIES) {
    for (const one of forged) {
      t.equal((await ask(app, proxy, undefined, { headers: { cookie: `sAccessToken=${one}` } })).statusCode, 401, `${proxy} ${one.slice(0, 20)}`)
      t.equal((await ask(app, proxy, undefined, { headers: { authorization: `Bearer ${one}` } })).statusCode, 401)
    }
    t.equal((await ask(app, proxy, undefined, { headers: { cookie: `sAccessToken=${token}; sAccess%54oken=${token}` } })).statusCode, 401, 'two cookies of one name')
  }
})
