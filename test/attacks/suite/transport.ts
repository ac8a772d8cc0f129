import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../../src/index.js'
import { newPhoneNumber } from '../../../src/testing/index.js'
import { accessTokenOf, assertOut, createClient, fields, finishedUser, isByPhone, isIn, newUser, post, withPassword } from './clients.js'
import { addHostRoutes } from './host-routes.js'
import { isBySms, requestChallenge, wayOf } from './way.js'
import { isFault } from '../../refused.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const
const FORM = 'application/x-www-form-urlencoded'

/** What a server says to bytes that no client library would send. */
async function raw (port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => { answer += chunk.toString('latin1') })
  socket.write(Buffer.from(request, 'latin1'))
  await Promise.race([once(socket, 'close'), once(socket, 'error').catch(() => {})])
  socket.destroy()
  return answer
}

export async function attackTransport (t: Test, app: FastifyInstance, options: Fastify2faOptions): Promise<void> {
  await t.test('calls guarded routes by every method', async (t) => {
    const half = await newUser(app)
    const whole = await finishedUser(app)
    // Without CORS, whose plugin answers every OPTIONS of the service.
    const bare = Fastify({ logger: false })
    t.teardown(() => bare.close())
    await bare.register(fastify2fa, options)
    addHostRoutes(bare)
    await bare.ready()
    const isGlobal = options.secondFactorEnforcement !== 'route'
    for (const url of ['/host/any', '/host/any-session']) {
      for (const method of METHODS) {
        const ask = async ({ cookies } = createClient(app), headers = {}) => {
          const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
          return await bare.inject({ method, url, headers: { rid: 'session', cookie, ...headers } } as never)
        }
        for (const headers of [{}, { 'x-http-method-override': 'GET' }, { origin: 'http://localhost:3001', 'access-control-request-method': 'GET' }]) {
          const { statusCode, body } = await ask(undefined, headers)
          t.equal(statusCode, 401, `${method} ${url} ${JSON.stringify(headers)}`)
          t.notMatch(body, 'secret')
          if (method !== 'OPTIONS') t.equal((await app.inject({ method, url, headers } as never)).statusCode, 401)
          else t.notMatch((await app.inject({ method, url, headers })).body, 'secret')
        }
        const expected = url === '/host/any' || isGlobal ? 403 : 200
        t.equal((await ask(half.session)).statusCode, expected, `${method} ${url}, half a session`)
        t.equal((await ask(whole.session)).statusCode, 200, `${method} ${url}`)
        // By now the guards know the token.
        t.equal((await ask(half.session)).statusCode, expected, `${method} ${url}, half a session again`)
      }
    }
  })

  await t.test('renames the method or the path in a header, the query or the body', async (t) => {
    const half = await newUser(app)
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      t.equal((await half.session.inject({ method: 'GET', url: '/auth/signout', headers: { [name]: 'POST' } })).statusCode, 404)
      t.equal((await half.session.inject({ method: 'GET', url: '/auth/signout?_method=POST', headers: { [name]: 'POST' } })).statusCode, 404)
    }
    const names = ['x-original-url', 'x-rewrite-url', 'x-forwarded-uri', 'x-forwarded-path', 'x-forwarded-prefix', 'x-override-url', 'x-envoy-original-path']
    for (const name of names) {
      t.same((await half.session.inject({ url: '/health', headers: { [name]: '/me' } })).json(), { status: 'ok' })
      t.equal((await half.session.inject({ url: '/me', headers: { [name]: '/health' } })).statusCode, 403)
    }
    const trusted = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-user': 'admin', 'x-authenticated-userid': 'x', 'x-user-id': 'x', forwarded: 'for=127.0.0.1;proto=https' }
    t.equal((await half.session.inject({ url: '/me', headers: trusted })).statusCode, 403)
    for (const method of ['HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE'] as const) {
      for (const url of ['/auth/signin', wayOf(app).answer, '/auth/signout', '/auth/session/refresh']) {
        t.equal((await half.session.inject({ method, url } as never)).statusCode, 404, `${method} ${url}`)
      }
    }
  })

  await t.test('spells paths so that the router sees one and the SDK another', async (t) => {
    const alice = await newUser(app)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const ask = async (method: string, target: string, headers = '', body = ''): Promise<string> =>
      await raw(port, `${method} ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n${headers}${body === '' ? '' : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`}\r\n${body}`)

    const served: string[] = []
    // The SDK serves these without being asked to; the list of paths keeps them out.
    for (const hidden of ['.well-known/openid-configuration', 'oauth/auth', 'oauth/userinfo', 'oauth/login', 'oauth/end_session', 'mfa/info', 'totp/device/list']) {
      const targets = [
        `/auth/${hidden}`, `//auth/${hidden}`, `/auth//${hidden}`, `/auth/./${hidden}`, `/auth/public/${hidden}`, `/auth/jwt/jwks.json/../../${hidden}`, `/auth/jwt/jwks.json/%2e%2e/%2e%2e/${hidden}`,
        `/auth/x/..%2f${hidden}`, `/auth/%2e%2e/auth/${hidden}`, `/x/../auth/${hidden}`, `/auth/${hidden}#/auth/jwt/jwks.json`, `/auth/${hidden}?/auth/jwt/jwks.json`, `/auth/${hidden};/jwt/jwks.json`,
        `http://127.0.0.1/auth/${hidden}`, `http://x?/auth/jwt/jwks.json/../${hidden}`, `http://x/auth/${hidden}?/auth/jwt/jwks.json`, `http://x\\auth\\${hidden}?/auth/jwt/jwks.json`, `http://x\\auth\\${hidden}/../..?/auth/jwt/jwks.json`,
        `/auth\\${hidden}`, `\\auth\\${hidden}`, `/auth/signup/email/..\\..\\${hidden}?email=a`, `/auth/\u00e9/../${hidden}`, `/AUTH/${hidden}`, `/auth/%6a${hidden.slice(1)}`
      ]
      for (const target of targets) {
        const answer = await ask('GET', target)
        if (!/^HTTP\/1\.1 (?:40[04]|401)/.test(answer)) served.push(`${target}: ${answer.slice(0, 60)}`)
      }
    }
    t.same(served, [])

    const misspelt: string[] = []
    const bodies = { '/auth/signin': JSON.stringify(fields(alice.email)), [wayOf(app).ask]: JSON.stringify(wayOf(app).input(alice)) }
    const authorization = `authorization: Bearer ${accessTokenOf(alice.session)}\r\nrid: session\r\n`
    for (const [path, body] of Object.entries(bodies)) {
      const rest = path.slice('/auth/'.length)
      t.match(await ask('POST', path, authorization, body), '"status":"OK"', 'the plain path')
      for (const target of [`//auth/${rest}`, `/auth//${rest}`, `/auth/${rest}/`, `/auth/${rest};x`, `/auth/%70ublic/${rest}`, `/auth/public%2f${rest}`, `/auth/public/../${rest}`, `/auth/./${rest}`, `/auth/%2e/${rest}`, `/auth/${rest}%00`, `/auth/${rest}%20`, `/Auth/${rest}`, `/auth/${rest.toUpperCase()}`, `/x/../auth/${rest}`, `/auth/a/b/${rest}`, `/auth/public\\${rest}`]) {
        const answer = await ask('POST', target, authorization, body)
        if (!/^HTTP\/1\.1 40[04]/.test(answer)) misspelt.push(`${target}: ${answer.slice(0, 60)}`)
      }
    }

    for (const target of ['//me', '/me/', '/ME', '/./me', '/health/../me', '/health/..%2fme', '/%6de', '/me%2f', '/me;x', '/me#', 'http://127.0.0.1/me', '/health/../../me', '/m%65?', '/me%00', '/\\me']) {
      const answer = await ask('GET', target, authorization)
      if (!/^HTTP\/1\.1 40[0134]/.test(answer)) misspelt.push(`${target}: ${answer.slice(0, 40)}`)
    }
    t.same(misspelt, [])

    const smuggled = `GET /me HTTP/1.1\r\nhost: x\r\n${authorization}\r\n`
    for (const headers of [`content-length: 0\r\ncontent-length: ${smuggled.length}\r\n`, `transfer-encoding: chunked\r\ncontent-length: ${smuggled.length}\r\n`, `transfer-encoding: xchunked\r\ncontent-length: ${smuggled.length}\r\n`, 'transfer-encoding : chunked\r\n']) {
      const answer = await raw(port, `POST /auth/signin HTTP/1.1\r\nhost: x\r\n${headers}\r\n${smuggled}`)
      t.match(answer, /^HTTP\/1\.1 (?:400|501)/, `${headers}: ${answer.slice(0, 60)}`)
    }
  })

  await t.test('sends bodies that another site may send: forms, text, nothing named', async (t) => {
    const alice = await newUser(app)
    const { ask, again, answer } = wayOf(app)
    const challenge = await requestChallenge(app, alice)
    const form = new URLSearchParams(challenge).toString()
    const before = app.twoFactor.outbox.last()
    const bodies = { [FORM]: form, 'text/plain': JSON.stringify(challenge), 'multipart/form-data; boundary=x': `--x\r\ncontent-disposition: form-data; name="deviceId"\r\n\r\n${Object.values(challenge)[0]}\r\n--x--\r\n`, 'application/csp-report': JSON.stringify(challenge), 'text/plain; application/json': JSON.stringify(challenge) }
    for (const [type, payload] of Object.entries(bodies)) {
      for (const url of [answer, ...(again === undefined ? [] : [again]), ask, '/auth/signin', '/auth/signup', '/auth/signout']) {
        const response = await alice.session.inject({ method: 'POST', url, payload, headers: { 'content-type': type } })
        t.ok([400, 415].includes(response.statusCode), `${type} ${url}: ${response.statusCode} ${response.body}`)
      }
    }
    t.same(app.twoFactor.outbox.last(), before)
    t.equal((await post(alice.session, answer, challenge)).json().status, 'OK', 'nothing was spent')
  })

  if (isBySms(app)) await t.test('writes JSON that two readers read differently', (t) => writeJson(t, app))

  await t.test('has another site send requests with Alice\'s cookies', async (t) => {
    const session = createClient(app)
    const { email } = await finishedUser(app)
    const response = await post(session, '/auth/signin', fields(email))
    const set = Object.fromEntries(response.cookies.map((cookie) => [cookie.name, cookie]))
    // SameSite=Lax is what keeps the cookies from other sites' POSTs in the default mode, where website and API are of one site.
    for (const name of ['sAccessToken', 'sRefreshToken']) t.match(set[name], { httpOnly: true, sameSite: 'Lax', path: name === 'sRefreshToken' ? '/auth/session/refresh' : '/' })
    t.equal(set.sAccessToken?.domain, undefined, 'of this host alone')
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3001.evil.example', 'http://localhost:30011', 'HTTP://LOCALHOST:3001', 'http://evil.localhost:3001']) {
      const { headers } = await session.inject({ url: '/sessioninfo', headers: { origin } })
      t.not(headers['access-control-allow-origin'], origin)
      t.not(headers['access-control-allow-origin'], '*')
    }
    // GET changes nothing: neither is there a GET of the FDI's that does, nor does one of the service's own.
    const before = accessTokenOf(session)
    for (const url of ['/auth/signout', '/auth/session/refresh', '/auth/signinup/code', '/auth/signinup/code/consume']) t.equal((await session.inject(url)).statusCode, 404)
    t.equal(accessTokenOf(session), before)
  })

  await t.test('reads answers that are not for caches, pages or logs', async (t) => {
    const alice = await newUser(app)
    const { answer, secret } = wayOf(app)
    const challenge = await requestChallenge(app, alice)
    const consumed = await post(alice.session, answer, challenge)
    t.equal(consumed.body.includes(secret(challenge)), false)
    t.equal(await isIn(alice.session), true)
    for (const response of [consumed, await alice.session.inject('/nothing?<script>'), await alice.session.inject('/auth/%ff')]) {
      t.notMatch(response.body, /<script>|node_modules|SuperTokens core/)
      t.notMatch(String(response.headers['content-type']), 'text/html')
    }
    if (!isByPhone(app)) t.equal((await post(alice.session, '/auth/signup', fields('<script>@example.com'))).headers['content-type'], 'application/json; charset=utf-8')
  })
}

async function writeJson (t: Test, app: FastifyInstance): Promise<void> {
  const alice = await finishedUser(app)
  const half = await withPassword(app, alice)
  const json = { 'content-type': 'application/json' }
  const send = async (url: string, payload: string) => await half.session.inject({ method: 'POST', url, payload, headers: json })
  const mine = newPhoneNumber()
  const before = app.twoFactor.outbox.last(mine)
  for (const payload of [
    `{"phoneNumber":"${alice.phoneNumber}","phoneNumber":"${mine}"}`, `{"phoneNumber":"${alice.phoneNumber}","phone\\u004eumber":"${mine}"}`, `{"__proto__":{"phoneNumber":"${mine}"},"phoneNumber":"${alice.phoneNumber}"}`,
    `{"__proto__":{"phoneNumber":"${mine}"}}`, `{"constructor":{"prototype":{"phoneNumber":"${mine}"}}}`, `{"phoneNumber":{"toString":"${mine}"}}`, `{"phoneNumber":["${alice.phoneNumber}","${mine}"]}`, `\uFEFF{"phoneNumber":"${mine}"}`,
    `{"phoneNumber":"${alice.phoneNumber}\\u0000${mine}"}`, `{"phoneNumber":"${mine}","tenantId":"other","session":null,"userContext":{}}`, `{"PhoneNumber":"${alice.phoneNumber}","phoneNumber":"${mine}"}`
  ]) {
    const response = await send('/auth/signinup/code', payload)
    t.notOk(isFault(response), `${payload}: ${response.statusCode} ${response.body}`)
  }
  t.same(app.twoFactor.outbox.last(mine), before, 'no code goes to Mallory')
  t.equal(Reflect.get({}, 'phoneNumber'), undefined)

  const challenge = await requestChallenge(app, half) as { deviceId: string, preAuthSessionId: string, userInputCode: string }
  for (const [key, value] of [['userInputCode', ['1']], ['userInputCode', { $ne: '' }], ['userInputCode', true], ['deviceId', [challenge.deviceId]], ['preAuthSessionId', { $gt: '' }], ['userInputCode', 123456], ['userInputCode', ''], ['userInputCode', '1'.repeat(65)], ['deviceId', ` ${challenge.deviceId}`], ['deviceId', challenge.deviceId.replace('=', '')], ['preAuthSessionId', `${challenge.preAuthSessionId}=`]] as const) {
    const response = await post(half.session, '/auth/signinup/code/consume', { ...challenge, [key]: value })
    t.ok(!isFault(response) && response.json().status !== 'OK', `${key} ${JSON.stringify(value)}: ${response.statusCode} ${response.body}`)
  }
  const deep = `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`
  for (const payload of [deep, `[${'['.repeat(30_000)}`, `{"phoneNumber":"${'1'.repeat(66_000)}"}`, `{"phoneNumber":"+${'\\\\'.repeat(30_000)}"}`]) {
    const started = process.cpuUsage()
    const response = await send('/auth/signinup/code', payload)
    const { user } = process.cpuUsage(started)
    t.ok(!isFault(response) && (response.statusCode >= 400 || /^(OK|SIGN_IN_UP_NOT_ALLOWED)$/.test(response.json().status)), `${payload.slice(0, 20)}: ${response.statusCode} ${response.body}`)
    t.ok(user < 2_000_000, `${user} µs`)
  }
  await assertOut(t, half.session)
}
