import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA, sessionOf } from '../../src/index.js'
import { signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { listen } from '../flows/social-login/listen.js'
import { testCore } from '../helper.js'
import { pathTo } from '../root.js'
import { addPlugin } from './plugins.js'

interface Socket extends NodeJS.EventEmitter { terminate (): void }
const { WebSocket, WebSocketServer } = createRequire(pathTo('test/hosts/package.json'))('ws') as {
  WebSocket: new (url: string, options: object) => Socket
  WebSocketServer: new (options: object) => NodeJS.EventEmitter
}

/** An app that passes websockets on to a service, and what arrives there. */
async function proxied (t: Test, { secureByDefault, preHandler }: { secureByDefault: boolean, preHandler?: typeof require2FA }): Promise<{ app: FastifyInstance, url: string, seen: IncomingHttpHeaders[] }> {
  const seen: IncomingHttpHeaders[] = []
  const upstream = createServer()
  new WebSocketServer({ server: upstream }).on('connection', (socket: { send (text: string): void }, { headers }: { headers: IncomingHttpHeaders }) => {
    seen.push(headers)
    socket.send('hello')
  })
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, secureByDefault })
  const rewriteRequestHeaders = (_headers: object, request: Parameters<typeof sessionOf>[0]) => ({ 'x-user': sessionOf(request)!.getUserId() })
  await addPlugin(app, { name: 'http-proxy', options: { upstream: await listen(t, upstream), prefix: '/live', websocket: true, preHandler: preHandler ?? (async () => {}), wsClientOptions: { rewriteRequestHeaders } } })
  return { app, url: (await app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws'), seen }
}

const handshake = ({ cookies }: TestSession, origin: string): Record<string, string> => ({ cookie: [...cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; '), origin })

/** What a websocket hears first; the status if it is refused. */
async function hear (url: string, headers: Record<string, string>): Promise<unknown> {
  const socket = new WebSocket(`${url}/live/x`, { headers }).on('error', () => {}) as Socket
  const refused = once(socket, 'unexpected-response') as Promise<[unknown, { statusCode: number }]>
  const heard = await Promise.race([(once(socket, 'message') as Promise<[Buffer]>).then(([message]) => message.toString()), refused.then(([, { statusCode }]) => statusCode)])
  socket.terminate()
  return heard
}

for (const [name, guard] of Object.entries({ require2FA: { secureByDefault: false, preHandler: require2FA }, secureByDefault: { secureByDefault: true } })) {
  t.test(`attack: a websocket through @fastify/http-proxy, guarded by ${name}`, async (t) => {
    const { app, url, seen } = await proxied(t, guard)
    const { session, userId } = await signInWithSecondFactor(app)
    const { session: halfway } = await signUp(app)
    const website = 'http://localhost:3001'
    t.equal(await hear(url, { 'x-user': userId }), 401, 'strangers')
    t.equal(await hear(url, handshake(halfway, website)), 403, 'a password alone')
    t.equal(await hear(url, handshake(session, 'https://evil.example')), 403, 'a page of another website')
    t.strictSame(seen, [], 'nothing has arrived')
    t.equal(await hear(url, { ...handshake(session, website), 'x-user': 'somebody' }), 'hello')
    t.match(seen, [{ 'x-user': userId }], 'the service learns who asks')
  })
}
