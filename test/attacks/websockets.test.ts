import { on, once } from 'node:events'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import mercurius, { type MercuriusOptions } from 'mercurius'
import t from 'tap'
import { require2FA, verifySession } from '../../src/index.js'
import { createTestSession, passSecondFactor, signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { build, listen, who, startCore, type Host } from './suite/careless-host.js'

await startCore()

const WEBSITE = 'http://localhost:3001'
const FOREIGN = [
  'https://evil.example', 'null', '', 'http://localhost:3000', 'http://localhost:30011', 'https://localhost:3001', 'http://localhost:3001/', 'http://localhost:3001.evil.example', 'http://sibling.localhost:3001',
  'http://evil.example:3001', 'HTTP://LOCALHOST:3001', `${WEBSITE}, https://evil.example`, undefined
]
const SECURE = { secureByDefault: true }

/** What a browser sends with the handshake of a page on `origin`. */
function handshake ({ cookies, tokens }: TestSession, origin: string | undefined, more: Record<string, string> = {}): { headers: Record<string, string> } {
  const cookie = [...cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ')
  const token = tokens.get('st-access-token')
  return { headers: { ...(cookie !== '' && { cookie }), ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(origin !== undefined && { origin }), ...more } }
}

/** The status with which a handshake is answered, and what the socket sends first. */
async function open (app: FastifyInstance, path: string, request: object): Promise<{ status: number, message?: string }> {
  let first: Promise<unknown[]> | undefined
  try {
    const socket = await app.injectWS(path, request, { onInit (socket) { first = once(socket, 'message') } })
    const [message] = await first as [Buffer]
    socket.terminate()
    return { status: 101, message: message.toString() }
  } catch (err) {
    return { status: Number(/response: (\d+)/.exec((err as Error).message)?.[1]) }
  }
}

t.test('another website cannot open a websocket with the cookies of a user', async (t) => {
  const hosts: Record<string, Host> = {
    'a guard of the route' (app, load) {
      load(app)
      app.register(async (scope) => {
        scope.get('/socket', { websocket: true, preHandler: require2FA }, (socket, request) => { socket.send(request.session!.getUserId()) })
      })
    },
    'another guard' (app, load) {
      load(app)
      app.register(async (scope) => {
        scope.get('/socket', { websocket: true, onRequest: verifySession({ checkDatabase: true }) }, (socket, request) => { socket.send(request.session!.getUserId()) })
      })
    },
    'a guard that admits anyone' (app, load) {
      load(app)
      app.register(async (scope) => {
        scope.get('/socket', { websocket: true, preValidation: verifySession({ sessionRequired: false }) }, (socket, request) => { socket.send(request.session?.getUserId() ?? 'anonymous') })
      })
    },
    'secureByDefault' (app, load) {
      load(app, SECURE)
      app.register(async (scope) => {
        scope.route({ method: 'GET', url: '/socket', handler: who, wsHandler: (socket, request) => { socket.send(request.session!.getUserId()) } })
      })
    }
  }
  for (const [name, host] of Object.entries(hosts)) {
    await t.test(name, async (t) => {
      const app = build(t, (app, load) => {
        app.register(websocket)
        host(app, load)
        app.get('/orders', { preHandler: require2FA }, who)
      })
      await listen(app)
      const { session, userId } = await signInWithSecondFactor(app)
      for (const temperature of ['cold', 'warm']) {
        for (const origin of FOREIGN) {
          t.equal((await open(app, '/socket', handshake(session, origin))).status, 403, `${temperature}: ${origin}`)
          if (temperature === 'cold') break
        }
        t.equal((await session.inject('/orders')).statusCode, 200)
      }
      t.equal((await open(app, '/socket', handshake(session, 'https://evil.example', { 'sec-websocket-origin': WEBSITE, referer: WEBSITE }))).status, 403)
      t.equal((await open(app, '/socket', handshake(session, undefined, { authorization: 'Basic YTpi' }))).status, 403)
      t.equal((await open(app, '/socket', handshake(session, undefined, { authorization: 'Bearer nonsense' }))).status, 403)
      t.strictSame(await open(app, '/socket', handshake(session, WEBSITE)), { status: 101, message: userId })

      const stranger = await open(app, '/socket', handshake(createTestSession(app), 'https://evil.example', { cookie: 'other=1' }))
      t.strictSame(stranger, name === 'a guard that admits anyone' ? { status: 101, message: 'anonymous' } : { status: 401 })
      // Java's client asks for this with every request.
      for (const headers of [{ connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }, { origin: 'https://evil.example' }]) {
        t.equal((await session.inject({ url: '/orders', headers })).statusCode, 200, 'other requests need no origin')
      }
    })
  }
})

t.test('a session in a header needs no origin, which no page can add', async (t) => {
  const app = build(t, (app, load) => {
    app.register(websocket)
    load(app)
    app.register(async (scope) => {
      scope.get('/socket', { websocket: true, preHandler: require2FA }, (socket, request) => { socket.send(request.session!.getUserId()) })
    })
  })
  await listen(app)
  const user = await signUp(app, { transferMethod: 'header' })
  t.equal((await open(app, '/socket', handshake(user.session, undefined))).status, 403)
  await passSecondFactor(app, user)
  for (const origin of [undefined, 'https://evil.example', undefined]) {
    t.strictSame(await open(app, '/socket', handshake(user.session, origin)), { status: 101, message: user.userId })
  }
})

const GRAPHQL: MercuriusOptions = {
  schema: 'type Query { me: String } type Subscription { me: String }',
  resolvers: {
    Query: { me: (_root, _args, { reply }) => reply.request.session?.getUserId() },
    Subscription: { me: { subscribe: (async function * (_root: unknown, _args: unknown, { user }: { user?: string }) { yield { me: user } }) as never } }
  },
  subscription: { context: (_socket, { session }) => ({ user: session?.getUserId() }) }
}

/** Subscribes to `me`; the status if the handshake fails. */
async function subscribeTo (app: FastifyInstance, request: { headers: Record<string, string> }): Promise<unknown> {
  try {
    const socket = await app.injectWS('/graphql', { headers: { ...request.headers, 'sec-websocket-protocol': 'graphql-transport-ws' } })
    const answers: { type: string, payload?: unknown }[] = []
    // A client's own headers and context must not make it somebody else.
    socket.send(JSON.stringify({ type: 'connection_init', payload: { user: 'somebody', headers: { cookie: 'sAccessToken=x', authorization: 'Bearer x' } } }))
    for await (const [message] of on(socket, 'message') as AsyncIterable<[Buffer]>) {
      const answer = JSON.parse(message.toString()) as { type: string, payload?: unknown }
      answers.push(answer)
      if (answer.type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { me }' } }))
      if (answer.type === 'next' || answer.type === 'error') break
    }
    socket.terminate()
    return answers.at(-1)!.payload
  } catch (err) {
    return Number(/response: (\d+)/.exec((err as Error).message)?.[1])
  }
}

t.test('GraphQL with subscriptions opens only after the second factor, and to no other website', async (t) => {
  const hosts: Record<string, Host> = {
    'secureByDefault, and no word of it' (app, load) { load(app, SECURE); app.register(mercurius, { ...GRAPHQL, ide: true }) },
    'secureByDefault, registered last, in a scope' (app, load) {
      app.register(async (scope) => { scope.register(mercurius, { ...GRAPHQL, routes: true }) })
      load(app, SECURE)
    },
    'secureByDefault, with the host\'s own websockets' (app, load) {
      app.register(websocket)
      load(app, SECURE)
      app.register(async (scope) => { await scope.register(mercurius, GRAPHQL) })
    },
    'a hook of the app' (app, load) {
      app.addHook('preHandler', require2FA)
      load(app)
      app.register(mercurius, GRAPHQL)
    },
    'a guard of its routes' (app, load) { load(app); app.register(mercurius, { ...GRAPHQL, additionalRouteOptions: { preHandler: require2FA } }) },
    'options of its routes' (app, load) { load(app); app.register(mercurius, { ...GRAPHQL, additionalRouteOptions: { config: { secondFactor: {} } } }) }
  }
  for (const [name, host] of Object.entries(hosts)) {
    await t.test(name, async (t) => {
      let sockets: FastifyInstance | undefined
      const app = build(t, (app, load) => {
        // mercurius registers @fastify/websocket in a scope of its own.
        app.addHook('onRoute', function ({ wsHandler }) { if (wsHandler !== undefined) sockets = this })
        host(app, load)
      })
      await listen(app)
      const subscribe = async (request: { headers: Record<string, string> }) => await subscribeTo(sockets!, request)
      const query = [{ url: '/graphql?query={me}' }, { method: 'POST', url: '/graphql', payload: { query: '{me}' } }] as const
      for (const request of query) t.equal((await app.inject(request)).statusCode, 401)
      if (name.includes('no word')) t.equal((await app.inject('/graphiql')).statusCode, 401)
      t.equal(await subscribe({ headers: { origin: WEBSITE } }), 401)

      const user = await signUp(app)
      for (const request of query) t.equal((await user.session.inject(request)).statusCode, 403)
      t.equal(await subscribe(handshake(user.session, WEBSITE)), 403)

      await passSecondFactor(app, user)
      for (const request of query) t.strictSame((await user.session.inject(request)).json(), { data: { me: user.userId } })
      t.equal(await subscribe(handshake(user.session, 'https://evil.example')), 403)
      t.equal(await subscribe(handshake(user.session, undefined)), 403)
      t.strictSame(await subscribe(handshake(user.session, WEBSITE)), { data: { me: user.userId } })
    })
  }
})
