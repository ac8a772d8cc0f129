import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { sessionOf, type Verifier } from '../../src/verifier/index.js'
import { require2FA as forExpress } from '../../src/verifier/express.js'
import { require2FA as forFastify } from '../../src/verifier/fastify.js'
import { httpApiAuthorizer, restAuthorizer } from '../../src/verifier/lambda.js'
import { require2FA as forNext } from '../../src/verifier/next.js'
import { require2FA as forUpgrade } from '../../src/verifier/ws.js'
import { newKey } from '../session/scripted-core.js'
import { startVerifier } from './service.js'

/** Koa, hapi, Nest and ws run in `npm run test:examples`, which installs them. */

const KEY = newKey('d-1')

function start () {
  const { verifier, token } = startVerifier([KEY], { websiteDomains: ['https://www.example.com'] })
  const good = token(KEY)
  return { verifier, good, firstFactor: token(KEY, { '2fa-completed': { v: false, t: 0 } }) }
}

const UNFINISHED = { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'wrong value', expectedValue: true, actualValue: false } }] }

async function listen (t: Test, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('Express, Connect and Node\'s own server', async (t) => {
  const { verifier, good, firstFactor } = start()
  const guard = forExpress(verifier)
  const port = await listen(t, createServer((request, response) => {
    guard(request, response, (error) => { response.end(JSON.stringify(error === undefined ? { user: sessionOf(request)?.userId } : String(error))) })
  }))
  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers, method })
    return { status: response.status, body: await response.json(), challenge: response.headers.get('www-authenticate'), type: response.headers.get('content-type') }
  }
  t.match(await ask({ authorization: `Bearer ${good}` }), { status: 200, body: { user: 'alice' } })
  t.match(await ask({ cookie: `sAccessToken=${good}` }, 'POST'), { status: 401, body: { message: 'try refresh token' } })
  t.match(await ask({}), { status: 401, body: { message: 'unauthorised' }, challenge: null, type: 'application/json; charset=utf-8' })
  t.match(await ask({ authorization: `Bearer ${firstFactor}` }), { status: 403, body: UNFINISHED, challenge: /^Bearer error="insufficient_user_authentication"/ })
})

t.test('a verifier that fails is an error of the request, and no admission', async (t) => {
  const broken: Verifier = { ...start().verifier, requiring: () => async () => { throw new Error('broken') } }
  const errors: unknown[] = []
  const request = { method: 'GET', headers: {} } as IncomingMessage
  await new Promise<void>((resolve) => { forExpress(broken)(request, {} as never, (error) => { errors.push(error); resolve() }) })
  t.match(errors, [{ message: 'broken' }])
  t.equal(sessionOf(request), undefined)
})

t.test('Fastify without a Core', async (t) => {
  const { verifier, good, firstFactor } = start()
  const app = Fastify()
  t.teardown(() => app.close())
  // A schema that would drop the claims that failed.
  const schema = { response: { '4xx': { type: 'object', properties: {} } } }
  app.get('/orders', { preHandler: forFastify(verifier), schema }, async (request) => ({ user: sessionOf(request)?.userId }))
  await app.register(async (scope) => {
    scope.addHook('onRequest', forFastify(verifier, { maxAge: '5m' }))
    scope.post('/payout', async () => 'paid')
  })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  t.same((await app.inject({ url: '/orders', headers: bearer(good) })).json(), { user: 'alice' })
  t.equal((await app.inject({ method: 'POST', url: '/payout', headers: bearer(good) })).body, 'paid')
  const refused = await app.inject({ url: '/orders', headers: bearer(firstFactor) })
  t.equal(refused.statusCode, 403)
  t.same(refused.json(), UNFINISHED)
  t.match(refused.headers, { 'www-authenticate': /insufficient_user_authentication/, 'content-type': 'application/json; charset=utf-8' })
  t.equal((await app.inject({ method: 'POST', url: '/payout' })).statusCode, 401)
})

t.test('Next and others with requests of the Fetch standard', async (t) => {
  const { verifier, good, firstFactor } = start()
  const middleware = forNext(verifier)
  const ask = async (headers: Record<string, string>) => await middleware(new Request('https://app.example.com/api', { headers }))
  t.equal(await ask({ cookie: `sAccessToken=${good}` }), undefined)
  const refused = await ask({ cookie: `sAccessToken=${firstFactor}` })
  t.equal(refused?.status, 403)
  t.same(await refused?.json(), UNFINISHED)
  t.match(refused?.headers.get('www-authenticate'), /insufficient_user_authentication/)
  t.equal((await ask({}))?.status, 401)
})

t.test('Lambda authorizers of REST and WebSocket APIs', async (t) => {
  const { verifier, good, firstFactor } = start()
  const authorize = restAuthorizer(verifier)
  const methodArn = 'arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/orders'
  const token = (value: string) => ({ type: 'TOKEN' as const, authorizationToken: value, methodArn })
  t.same(await authorize(token(`Bearer ${good}`)), {
    principalId: 'alice',
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }] },
    context: { userId: 'alice', tenantId: 'public', sessionHandle: 'session-of-alice' }
  })
  t.match(await authorize(token(`Bearer ${firstFactor}`)), { principalId: 'refused', policyDocument: { Statement: [{ Effect: 'Deny' }] }, context: { status: 403, body: JSON.stringify(UNFINISHED) } })
  for (const value of ['', good, 'Bearer a.b.c']) await t.rejects(authorize(token(value)), { message: /^Unauthorized$/ })

  const byRequest = (httpMethod: string, headers: Record<string, string[]>) => ({ type: 'REQUEST' as const, httpMethod, methodArn, headers: {}, multiValueHeaders: headers })
  t.match(await authorize(byRequest('GET', { Cookie: [`sAccessToken=${good}`] })), { principalId: 'alice' })
  await t.rejects(authorize(byRequest('POST', { Cookie: [`sAccessToken=${good}`] })), { message: 'Unauthorized' }, 'anti-CSRF')
  await t.rejects(authorize(byRequest('GET', { Cookie: [`sAccessToken=${good}`, 'sAccessToken=planted'] })), { message: 'Unauthorized' })
  await t.rejects(authorize({ type: 'REQUEST', methodArn, headers: null }), { message: 'Unauthorized' })

  const handshake = (origin: string) => ({ type: 'REQUEST' as const, methodArn, headers: { Cookie: `sAccessToken=${good}`, Origin: origin }, requestContext: { eventType: 'CONNECT' } })
  t.match(await authorize(handshake('https://www.example.com')), { principalId: 'alice' })
  t.match(await authorize(handshake('https://evil.example')), { principalId: 'refused', context: { status: 403 } })
})

t.test('Lambda authorizers of HTTP APIs', async (t) => {
  const { verifier, good, firstFactor } = start()
  const authorize = httpApiAuthorizer(verifier)
  const event = (method: string, rest: { headers?: Record<string, string>, cookies?: string[] }) => ({ version: '2.0' as const, requestContext: { http: { method } }, ...rest })
  t.same(await authorize(event('GET', { cookies: ['theme=dark', `sAccessToken=${good}`] })), { isAuthorized: true, context: { userId: 'alice', tenantId: 'public', sessionHandle: 'session-of-alice' } })
  t.match(await authorize(event('POST', { headers: { authorization: `Bearer ${good}` } })), { isAuthorized: true })
  t.match(await authorize(event('POST', { cookies: [`sAccessToken=${good}`] })), { isAuthorized: false, context: { status: 401 } })
  t.match(await authorize(event('GET', { cookies: [`sAccessToken=${good}`, 'sAccessToken=planted'] })), { isAuthorized: false })
  t.match(await authorize(event('GET', { headers: { authorization: `Bearer ${firstFactor}` } })), { isAuthorized: false, context: { status: 403 } })
  t.match(await authorize(event('GET', {})), { isAuthorized: false })
})

t.test('upgrades of Node\'s server', async (t) => {
  const { verifier, good } = start()
  const guard = forUpgrade(verifier)
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    guard(request, socket).then((session) => {
      if (session !== undefined) socket.end(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nuser: ${sessionOf(request)?.userId}\r\n\r\n`)
    }, () => { socket.destroy() })
  })
  const port = await listen(t, server)
  const open = async (headers: Record<string, string>): Promise<IncomingMessage & { text?: string }> => await new Promise((resolve, reject) => {
    const handshake = request({ port, host: '127.0.0.1', headers: { connection: 'upgrade', upgrade: 'websocket', ...headers } })
    handshake.on('upgrade', (response, socket) => { socket.destroy(); resolve(response) })
    handshake.on('response', (response: IncomingMessage & { text?: string }) => {
      response.text = ''
      response.on('data', (part: Buffer) => { response.text += part.toString() })
      response.on('end', () => { resolve(response) })
    })
    handshake.on('error', reject)
    handshake.end()
  })
  t.match(await open({ authorization: `Bearer ${good}` }), { statusCode: 101, headers: { user: 'alice' } })
  t.match(await open({ cookie: `sAccessToken=${good}`, origin: 'https://www.example.com' }), { statusCode: 101 })
  t.match(await open({ cookie: `sAccessToken=${good}`, origin: 'https://evil.example' }), { statusCode: 403, text: /AUTH_ORIGIN_REFUSED/ })
  t.match(await open({}), { statusCode: 401, text: '{"message":"unauthorised"}', headers: { 'content-type': 'application/json; charset=utf-8', connection: 'close' } })

  await t.test('attack: clients that hang up at once end nothing', async () => {
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
          socket.resetAndDestroy()
          resolve()
        })
      })
    }
  })
  t.match(await open({ authorization: `Bearer ${good}` }), { statusCode: 101 })
})
