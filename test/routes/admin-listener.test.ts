import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent, request as tlsRequest } from 'node:https'
import { connect } from 'node:tls'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, listenForAdmin, type AdminOptions } from '../../src/index.js'
import { recordAudit } from '../audit/record.js'
import { createCertificate } from '../delivery/mail/certificate.js'
import { testCore } from '../helper.js'
import { admin, ADMIN, READER } from './admin-helper.js'

const [server, client, stranger] = [createCertificate(), createCertificate(), createCertificate()]
const options: AdminOptions = {
  ...admin,
  certificates: [{ name: 'laptop', role: 'admin', fingerprint: new X509Certificate(client.cert).fingerprint256.toLowerCase() }],
  ownListener: true
}

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, admin: options, limits: { signIn: { perAddress: 100 } } })
  app.get('/hello', { config: { secondFactor: false } }, async () => 'hello')
  return app
}

/** An answer over a real socket. */
async function ask (open: typeof plainRequest, { body, headers, ...request }: RequestOptions & { body?: object }): Promise<{ statusCode: number | undefined, text: string }> {
  const sent = open({ host: '127.0.0.1', agent: false, rejectUnauthorized: false, ...request, headers: { ...headers, ...(body && { 'content-type': 'application/json' }) } } as RequestOptions)
  sent.end(body && JSON.stringify(body))
  const [response] = await once(sent, 'response') as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { statusCode: response.statusCode, text }
}

const withKey = (key: string) => ({ authorization: `Bearer ${key}` })

t.test('an own listener has the API and nothing else, and the port of everybody has none', async (t) => {
  const app = await build(t)
  const port = await listenForAdmin(app, { port: 0 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const own = (path: string, key = READER) => ask(plainRequest, { port, path, headers: withKey(key) })
  const everybodys = (path: string) => ask(plainRequest, { port: (app.server.address() as { port: number }).port, path, headers: withKey(ADMIN) })
  t.match(await own('/admin/v1/stats'), { statusCode: 200 })
  t.match(await own('/admin/v1/nothing'), { statusCode: 404 })
  t.match(await own('/admin/v1/stats', 'x'), { statusCode: 401 })
  for (const path of ['/hello', '/auth/jwt/jwks.json', '/unknown']) t.match(await own(path), { statusCode: 404 }, path)
  t.match(await everybodys('/hello'), { statusCode: 200, text: 'hello' })
  for (const path of ['/admin/v1/stats', '/admin/v1/users', '/admin/v1/nothing']) t.match(await everybodys(path), { statusCode: 404 }, path)
  t.match(await app.inject({ url: '/admin/v1/stats', headers: withKey(ADMIN) }), { statusCode: 404 }, 'nor any other way in')
  const spoofed = { ...withKey(ADMIN), 'x-forwarded-port': String(port), 'x-forwarded-host': `127.0.0.1:${port}`, host: `127.0.0.1:${port}` }
  t.match(await ask(plainRequest, { port: (app.server.address() as { port: number }).port, path: '/admin/v1/stats', headers: spoofed }), { statusCode: 404 }, 'whatever headers say')
})

t.test('a client certificate is a caller, if it is verified and known', async (t) => {
  const events = recordAudit(t)
  const app = await build(t)
  const port = await listenForAdmin(app, { port: 0, https: { ...server, ca: [client.cert] } })
  const path = '/admin/v1/users/nobody/unlock'
  const change = { port, path, method: 'POST', body: { reason: 'r' } }
  t.match(await ask(tlsRequest, { ...change, ...client }), { statusCode: 404, text: /AUTH_USER_UNKNOWN/ })
  t.match(events.at(-1), { type: 'admin.refused', actor: 'key:laptop' })
  t.match(await ask(tlsRequest, change), { statusCode: 401 }, 'none')
  t.match(events.at(-1), { type: 'admin.refused', reason: 'no key or certificate', address: '127.0.0.1' })
  t.match(await ask(tlsRequest, { ...change, ...stranger }), { statusCode: 401 }, 'of somebody else')
  t.match(events.at(-1), { type: 'admin.refused', reason: 'a certificate of an unknown authority' })
  t.match(await ask(tlsRequest, { ...change, headers: { 'x-client-cert': client.cert.replaceAll('\n', ' '), 'x-ssl-client-verify': 'SUCCESS', 'x-forwarded-client-cert': `Hash=${options.certificates![0]!.fingerprint}` } }), { statusCode: 401 }, 'in a header')
  t.match(await ask(tlsRequest, { ...change, headers: withKey(ADMIN) }), { statusCode: 404, text: /AUTH_USER_UNKNOWN/ }, 'a key does without one')
  t.match(await ask(tlsRequest, { ...change, ...client, headers: withKey('wrong') }), { statusCode: 401 }, 'a wrong key is not made right by one')
  t.match(await ask(tlsRequest, { ...change, ...client, headers: { origin: 'https://evil.example' } }), { statusCode: 403 }, 'browsers send certificates by themselves')
})

t.test('a certificate that is verified and not on the list is nobody\'s', async (t) => {
  const app = await build(t)
  const port = await listenForAdmin(app, { port: 0, https: { ...server, ca: [stranger.cert] } })
  t.match(await ask(tlsRequest, { port, path: '/admin/v1/stats', ...stranger }), { statusCode: 401 })
  t.match(await ask(tlsRequest, { port, path: '/admin/v1/stats', ...client }), { statusCode: 401 }, 'and one of the list that nobody vouches for neither')
})

t.test('other certificates take their place, also for connections that are open', async (t) => {
  const app = await build(t)
  const port = await listenForAdmin(app, { port: 0, https: { ...server, ca: [client.cert, stranger.cert] } })
  const { listeners } = app.twoFactor.admin!
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => { agent.destroy() })
  const sockets = new Set<unknown>()
  const kept = async (): Promise<number | undefined> => {
    const sent = tlsRequest({ host: '127.0.0.1', port, path: '/admin/v1/stats', rejectUnauthorized: false, agent, ...client })
    sent.once('socket', (socket) => { sockets.add(socket) })
    sent.end()
    const [response] = await once(sent, 'response') as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    return response.statusCode
  }
  const fingerprint = async (): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const next = createCertificate()
  t.equal(await kept(), 200)
  listeners!.prepareTls({ ...next, ca: client.cert })()
  t.equal(await fingerprint(), new X509Certificate(next.cert).fingerprint256)
  t.equal(await kept(), 200)
  t.match(await ask(tlsRequest, { port, path: '/admin/v1/stats', ...client }), { statusCode: 200 })
  listeners!.prepareTls({ ...next, ca: stranger.cert })()
  t.equal(await kept(), 401, 'whoever was let in by an authority that is none any more')
  t.match(await ask(tlsRequest, { port, path: '/admin/v1/stats', ...client }), { statusCode: 401 })
  t.equal(sockets.size, 1)
  for (const wrong of [{ ...next, key: server.key }, { ...next, cert: 'hush-hush' }]) t.throws(() => listeners!.prepareTls(wrong), { code: 'AUTH_OPTIONS_INVALID', message: /^(?!.*hush)/ })
})

t.test('it closes with the app, after what was asked is answered', async (t) => {
  const app = await build(t)
  const port = await listenForAdmin(app, { port: 0, https: server })
  const idle = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(idle, 'secureConnect')
  const ended = once(idle, 'close')
  await app.close()
  await ended
  await t.rejects(ask(tlsRequest, { port, path: '/admin/v1/stats' }), { code: 'ECONNREFUSED' })
})

t.test('it needs to be asked for, and a port that is free', async (t) => {
  const app = await build(t)
  const port = await listenForAdmin(app, { port: 0 })
  await t.rejects(listenForAdmin(app, { port }), { code: 'EADDRINUSE' })
  const other = Fastify()
  t.teardown(() => other.close())
  await other.register(fastify2fa, { ...(await testCore()).options, admin, limits: { signIn: { perAddress: 100 } } })
  await t.rejects(listenForAdmin(other, { port: 0 }), { code: 'AUTH_OPTIONS_INVALID' })
})
