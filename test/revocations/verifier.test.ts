import { once } from 'node:events'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA as guard } from '../../src/index.js'
import { createRevocationFeed, type FeedState, type RevocationFeedOptions } from '../../src/revocations/feed.js'
import { require2FA } from '../../src/verifier/fastify.js'
import { createVerifier } from '../../src/verifier/index.js'
import { advance, passSecondFactor, resetClock, signIn, signInWithSecondFactor, type TestSession } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

const SECRET = 'the-secret-of-the-orders-service-001'
const serviceClients = [{ id: 'orders', secrets: [SECRET] }]

async function startService (t: Test, port = 0) {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, serviceClients })
  app.get('/orders', { preHandler: guard }, async () => 'open')
  return { app, origin: await app.listen({ host: '127.0.0.1', port }) }
}

/** Another service, on a socket of its own: it knows nothing but the service's keys and its events. */
async function startOrders (t: Test, serviceUrl: string, more: Partial<RevocationFeedOptions> = {}) {
  const states: FeedState[] = []
  let changed = (): void => {}
  const feed = createRevocationFeed({
    url: `${serviceUrl}/auth/events`,
    client: 'orders',
    secret: SECRET,
    onState (state) {
      states.push(state)
      changed()
    },
    ...more
  })
  const verifier = createVerifier({ serviceUrl, antiCsrf: 'SAME_SITE', revocations: feed })
  const orders = Fastify({ logger: false })
  orders.get('/orders', { preHandler: require2FA(verifier) }, async () => 'open')
  const origin = await orders.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    feed.close()
    await orders.close()
  })
  await feed.ready
  return {
    feed,
    states,
    async until (state: FeedState): Promise<void> {
      while (states.at(-1) !== state) await new Promise<void>((resolve) => { changed = resolve })
    },
    async visit (session: TestSession): Promise<{ status: number, body: string }> {
      const response = await fetch(`${origin}/orders`, { headers: { authorization: `Bearer ${session.tokens.get('st-access-token')!}` } })
      return { status: response.status, body: await response.text() }
    }
  }
}

/** Until a session is refused; how long that took. */
async function untilRefused (visit: () => Promise<{ status: number }>): Promise<number> {
  const begun = performance.now()
  while ((await visit()).status === 200);
  return performance.now() - begun
}

const header = { transferMethod: 'header' } as const

t.test('attack: a copied token opens nothing at another service, a second after its owner has signed out', async (t) => {
  const { app, origin } = await startService(t)
  const orders = await startOrders(t, origin)
  // Of the second in which the service has begun nobody knows everything.
  advance('2s')
  t.teardown(resetClock)
  const { session } = await signInWithSecondFactor(app, header)
  const thief = session.copy()
  t.match(await orders.visit(thief), { status: 200, body: 'open' })
  t.match(await orders.visit(thief), { status: 200 }, 'from the cache')
  t.equal((await session.inject({ method: 'POST', url: '/auth/signout' })).statusCode, 200)
  t.ok(await untilRefused(() => orders.visit(thief)) < 1000)
  t.match(await orders.visit(thief), { status: 401, body: '{"message":"try refresh token"}' })
  t.equal((await thief.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'and the refresh brings nothing')
})

t.test('attack: the token of a session that a second factor has replaced', async (t) => {
  const { app, origin } = await startService(t)
  const orders = await startOrders(t, origin)
  advance('2s')
  t.teardown(resetClock)
  const user = await signInWithSecondFactor(app, header)
  const before = user.session.copy()
  t.match(await orders.visit(before), { status: 200 })
  await passSecondFactor(app, user)
  t.ok(await untilRefused(() => orders.visit(before)) < 1000)
  t.match(await orders.visit(user.session), { status: 200 }, 'the new one is in')
})

t.test('attack: a token of before the service has restarted, of a session that ended meanwhile', async (t) => {
  const first = await startService(t)
  const orders = await startOrders(t, first.origin)
  advance('2s')
  t.teardown(resetClock)
  const user = await signInWithSecondFactor(first.app, header)
  const thief = user.session.copy()
  t.match(await orders.visit(thief), { status: 200 })
  const { port } = new URL(first.origin)
  const closed = once(first.app.server, 'close')
  await first.app.close()
  await closed
  await orders.until('disconnected')
  t.match(await orders.visit(thief), { status: 200 }, 'it goes by what it knows for a moment')
  // The clock stands for the time that the restart takes.
  const second = await startService(t, Number(port))
  await orders.until('gap')
  t.match(await orders.visit(thief), { status: 401 }, 'nobody knows whether it has ended')
  const again = await signIn(second.app, { ...user, ...header })
  await passSecondFactor(second.app, again)
  advance('2s')
  t.equal((await again.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
  t.match(await orders.visit(again.session), { status: 200 }, 'whoever refreshes goes on')
})
