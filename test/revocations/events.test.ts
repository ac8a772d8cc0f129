import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { deleteUser } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { createRevocations, type Revocations } from '../../src/revocations/bus.js'
import { writeEvents } from '../../src/revocations/event-stream.js'
import type { SessionRevoked } from '../../src/revocations/event.js'
import { createRevocationFeed, type RevocationFeed } from '../../src/revocations/feed.js'
import { createReaders } from '../../src/revocations/readers.js'
import { createEventParser } from '../../src/revocations/sse-parser.js'
import { announceRevocation } from '../../src/session/ended.js'
import { forcePasswordChange } from '../../src/index.js'
import { passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

const [SECRET, OTHER] = ['the-secret-of-the-orders-service-001', 'the-secret-of-the-billing-service-001']
const serviceClients = [{ id: 'orders', secrets: [SECRET] }, { id: 'billing', secrets: [OTHER] }]
const READERS = 12

async function listen (t: Test) {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, serviceClients, eventReaders: READERS })
  app.get('/orders', { preHandler: require2FA }, async () => 'open')
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, url: `${origin}/auth/events`, port: (app.server.address() as AddressInfo).port }
}

/** Opens a stream as a program without our feed would. */
function open (url: string, headers: Record<string, string> = { authorization: `Bearer ${SECRET}` }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => { httpRequest(url, { headers, agent: false }, resolve).on('error', reject).end() })
}

interface Told { event: string, data: Record<string, unknown> }

/** Reads a stream, one event after another. */
function reading (response: IncomingMessage) {
  const told: Told[] = []
  let wake = (): void => {}
  const parser = createEventParser(({ event, data }) => {
    told.push({ event, data: JSON.parse(data) as Told['data'] })
    wake()
  })
  response.setEncoding('utf8').on('data', (text: string) => { parser.push(text) }).on('error', () => {})
  return {
    parser,
    async next (): Promise<Told> {
      while (told.length === 0) await new Promise<void>((resolve) => { wake = resolve })
      return told.shift()!
    }
  }
}

const payloadOf = (session: SignedInUser['session']) => {
  const token = session.tokens.get('st-access-token') ?? session.cookies.get('sAccessToken')!
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sessionHandle: string, sub: string, tId: string, iat: number }
}
const factsOf = ({ sessionHandle, sub, tId, iat }: ReturnType<typeof payloadOf>) => ({ handle: sessionHandle, userId: sub, tenantId: tId, issuedAt: iat })

/** A feed as a verifier has it. Nothing is known of tokens from before this test. */
async function follow (t: Test, url: string): Promise<RevocationFeed> {
  const feed = createRevocationFeed({ url, client: 'orders', secret: SECRET, whenDisconnected: 'admit' })
  t.teardown(() => { feed.close() })
  await feed.ready
  return feed
}

/** Until the feed refuses a session; how long that took. */
async function untilRefused (feed: RevocationFeed, facts: ReturnType<typeof factsOf>): Promise<number> {
  const begun = performance.now()
  while (!feed.isRevoked(facts)) await new Promise(setImmediate)
  return performance.now() - begun
}

t.test('whatever ends a session ends it at a verifier within a second', async (t) => {
  const { app, url } = await listen(t)
  const reader = reading(await open(url))
  t.match(await reader.next(), { event: 'sync', data: { resumed: false } })
  const feed = await follow(t, url)
  const newest = async (user: SignedInUser) => {
    const another = await signIn(app, user)
    await passSecondFactor(app, another)
    t.match(await reader.next(), { data: { reason: 'replaced' } })
    return another
  }
  const alice = await signInWithSecondFactor(app)
  t.match(await reader.next(), { event: 'session-revoked', data: { reason: 'replaced' } }, 'the session of the first factor')

  const endings: Record<string, [SessionRevoked['reason'], (mine: SignedInUser, theirs: SignedInUser) => Promise<unknown>]> = {
    'signing out': ['signed-out', (mine) => mine.session.inject({ method: 'POST', url: '/auth/signout' })],
    'ending the others': ['ended', (_, theirs) => theirs.session.inject({ method: 'POST', url: '/auth/account/sessions/end', payload: { others: true } })],
    'a new password': ['credential-change', async (_, theirs) => {
      const oldPassword = alice.password
      alice.password = 'correct horse 2'
      await theirs.session.inject({ method: 'POST', url: '/auth/account/password', payload: { oldPassword, newPassword: alice.password } })
    }],
    'an override of the app': ['ended', (mine) => Session.revokeSession(payloadOf(mine.session).sessionHandle)],
    'the app, for a user': ['ended', () => Session.revokeAllSessionsForUser(alice.userId)],
    'a second factor that passes anew': ['replaced', (mine) => passSecondFactor(app, mine)],
    'an operator': ['operator', () => forcePasswordChange(app, alice.userId, { by: 'support', reason: 'a test' })]
  }
  for (const [name, [reason, end]] of Object.entries(endings)) {
    const [mine, theirs] = [await newest(alice), await newest(alice)]
    const facts = factsOf(payloadOf(mine.session))
    const held = mine.session.copy()
    t.notOk(feed.isRevoked(facts))
    t.equal((await held.inject('/orders')).statusCode, 200)
    await end(mine, theirs)
    t.ok(await untilRefused(feed, facts) < 1000, name)
    t.equal((await held.inject('/orders')).statusCode, 401)
    let told: Told['data']
    do ({ data: told } = await reader.next()); while (!(told.sessionHandles as string[]).includes(facts.handle))
    t.match(told, { reason, userId: undefined }, 'whose it was is not said')
  }
})

t.test('an enrolment ends the other sessions, and a refresh token that is used twice its own', async (t) => {
  const { app, url } = await listen(t)
  const reader = reading(await open(url))
  await reader.next()
  const first = await signUp(app)
  const second = await signIn(app, first)
  const { sessionHandle } = payloadOf(second.session)
  await passSecondFactor(app, first)
  t.match([await reader.next(), await reader.next()].map(({ data }) => data), [{ reason: 'factor-change', sessionHandles: [sessionHandle] }, { reason: 'replaced' }])

  const thief = first.session.copy()
  const refresh = (session: SignedInUser['session']) => session.inject({ method: 'POST', url: '/auth/session/refresh' })
  await refresh(first.session)
  t.equal((await first.session.inject('/orders')).statusCode, 200)
  t.equal((await refresh(thief)).statusCode, 401)
  t.match(await reader.next(), { data: { reason: 'token-theft', sessionHandles: [payloadOf(first.session).sessionHandle] } })
  t.equal((await first.session.inject('/orders')).statusCode, 401)
})

t.test('a deleted user is out, here and at a verifier', async (t) => {
  const { app, url } = await listen(t)
  const feed = await follow(t, url)
  const { session, userId } = await signInWithSecondFactor(app)
  const facts = factsOf(payloadOf(session))
  await deleteUser(userId)
  t.ok(await untilRefused(feed, facts) < 1000)
  t.equal((await session.inject('/orders')).statusCode, 401)
})

t.test('whoever was away for a moment gets what it has missed, and what nobody knows any more is said', async (t) => {
  const { app, url } = await listen(t)
  const first = await open(url)
  const one = reading(first)
  await one.next()
  const end = (handle: string): void => { announceRevocation({ sessionHandles: [handle], reason: 'ended' }) }
  end('a')
  t.match(await one.next(), { data: { sessionHandles: ['a'] } })
  first.destroy()
  end('b')
  end('c')
  const again = reading(await open(url, { authorization: `Bearer ${SECRET}`, 'last-event-id': one.parser.lastId! }))
  t.match([await again.next(), await again.next(), await again.next()], [{ data: { sessionHandles: ['b'] } }, { data: { sessionHandles: ['c'] } }, { event: 'sync', data: { resumed: true } }])
  for (const id of ['of-another-process.5', 'x'.repeat(5000), '../../etc']) {
    const stranger = reading(await open(url, { authorization: `Bearer ${SECRET}`, 'last-event-id': id }))
    const told = [await stranger.next(), await stranger.next(), await stranger.next(), await stranger.next()]
    t.match(told, [{ data: { sessionHandles: ['a'] } }, { data: { sessionHandles: ['b'] } }, { data: { sessionHandles: ['c'] } }, { event: 'sync', data: { resumed: false, since: Number } }])
  }
  const users = reading(await open(url))
  for (let i = 0; i < 3; i++) await users.next()
  await users.next()
  app.twoFactor.revocations.announce({ userId: 'u', tenantId: 't1' })
  t.match(await users.next(), { data: { userId: 'u', tenantId: 't1', reason: 'ended' } })
})

t.test('strangers get nothing', async (t) => {
  const { url } = await listen(t)
  for (const headers of [{}, { authorization: `Bearer ${SECRET}x` }, { authorization: 'Basic eDp5' }, { cookie: 'sAccessToken=x' }]) {
    const response = await open(url, headers)
    t.equal(response.statusCode, 401)
    t.match(response.headers, { 'www-authenticate': /^Basic/, 'cache-control': 'no-store' })
    let text = ''
    for await (const part of response.setEncoding('utf8')) text += String(part)
    t.match(JSON.parse(text), { error: 'invalid_client', code: 'AUTH_CLIENT_REFUSED' })
  }
  const withPost = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${SECRET}` } })
  t.equal(withPost.status, 404)
  t.equal((await fetch(url, { method: 'HEAD', headers: { authorization: `Bearer ${SECRET}` } })).status, 404)
})

t.test('a flood of readers meets a ceiling, of which one client has half', async (t) => {
  const { url } = await listen(t)
  const flood = await Promise.all(Array.from({ length: READERS * 3 }, () => open(url)))
  t.equal(flood.filter(({ statusCode }) => statusCode === 200).length, READERS / 2)
  const refused = flood.find(({ statusCode }) => statusCode !== 200)!
  t.match({ statusCode: refused.statusCode, headers: refused.headers }, { statusCode: 503, headers: { 'retry-after': /^[1-9]/ } })
  const others = await Promise.all(Array.from({ length: READERS }, () => open(url, { authorization: `Bearer ${OTHER}` })))
  t.equal(others.filter(({ statusCode }) => statusCode === 200).length, READERS / 2)
  // A place is free again as soon as its reader is gone.
  const [gone] = flood.filter(({ statusCode }) => statusCode === 200)
  gone!.destroy()
  let statusCode: number | undefined
  do ({ statusCode } = await open(url)); while (statusCode === 503)
  t.equal(statusCode, 200)
})

t.test('an app that names nobody ends nobody\'s sessions, and is told so', async (t) => {
  const revocations = await bus(t)
  // As from JavaScript: `user?.id` of a user that was not found.
  for (const what of [{ userId: undefined }, { userId: '' }, { userId: 5 }, { userId: 'x'.repeat(257) }, { userId: 'u', tenantId: '' }, { userId: 'u', tenantId: null }, {}]) {
    t.throws(() => { revocations.announce(what as never) }, { code: 'AUTH_OPTIONS_INVALID' }, JSON.stringify(what))
  }
  t.equal(revocations.journal.at(0), undefined)
})

t.test('attack: readers that hang up before they are answered take no place', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  // A host that asks somebody else first.
  const held: (() => void)[] = []
  let arrived = (): void => {}
  let isSlow = true
  const ended: Promise<unknown>[] = []
  app.addHook('onRequest', async (_request, reply) => {
    if (!isSlow) return
    ended.push(once(reply.raw, 'close'))
    await new Promise<void>((resolve) => {
      held.push(resolve)
      arrived()
    })
  })
  await app.register(fastify2fa, { ...(await testCore()).options, serviceClients, eventReaders: 2 })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/auth/events`
  const { port } = app.server.address() as AddressInfo
  for (let i = 0; i < 3; i++) {
    const waiting = new Promise<void>((resolve) => { arrived = resolve })
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(`GET /auth/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${SECRET}\r\n\r\n`)
    await waiting
    socket.destroy()
    await ended.at(-1)
    held.at(-1)!()
    await new Promise(setImmediate)
  }
  isSlow = false
  const response = await open(url)
  t.teardown(() => response.destroy())
  t.equal(response.statusCode, 200)
})

t.test('an app that closes ends its streams, and does not wait for them', async (t) => {
  const { app, url, port } = await listen(t)
  const feed = createRevocationFeed({ url, client: 'orders', secret: SECRET })
  t.teardown(() => { feed.close() })
  await feed.ready
  const response = await open(url)
  // One that reads nothing at all.
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.pause()
  socket.write(`GET /auth/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OTHER}\r\n\r\n`)
  await once(socket, 'readable')
  const ended = new Promise((resolve) => { response.on('error', () => {}).resume().once('close', resolve) })
  await app.close()
  await ended
  t.ok(response.destroyed)
})

/** A reader that can be told when to read. */
function sinkOf (highWaterMark: number) {
  const sink = new PassThrough({ highWaterMark, readableHighWaterMark: 0 })
  sink.on('error', () => {})
  return sink
}

const endMany = (count: number): void => { for (let i = 0; i < count; i++) announceRevocation({ sessionHandles: [`slow-${i}`], reason: 'ended' }) }

async function bus (t: Test, most?: number): Promise<Revocations> {
  const revocations = await createRevocations({ most })
  t.teardown(() => revocations.close())
  return revocations
}

t.test('a reader that does not read is dropped, and takes no memory meanwhile', async (t) => {
  const revocations = await bus(t)
  const sink = sinkOf(1000)
  const stream = writeEvents(sink, revocations, undefined)
  endMany(20_000)
  t.ok(sink.writableLength < 3000, 'its place is kept, not its events')
  stream.heartbeat()
  t.notOk(sink.destroyed)
  stream.heartbeat()
  t.ok(sink.destroyed)

  // One that is slow, and reads, gets everything in order.
  const slow = sinkOf(1000)
  writeEvents(slow, revocations, undefined)
  const handles: string[] = []
  const parser = createEventParser(({ event, data }) => { if (event === 'session-revoked') handles.push(...(JSON.parse(data) as { sessionHandles: string[] }).sessionHandles) })
  while (handles.at(-1) !== 'slow-19999') {
    const part = slow.read() as Buffer | null
    if (part === null) await once(slow, 'readable')
    else parser.push(part.toString())
  }
  t.strictSame(handles, Array.from({ length: 20_000 }, (_, i) => `slow-${i}`))
})

t.test('a reader whose place is gone is dropped', async (t) => {
  const revocations = await bus(t, 50)
  const sink = sinkOf(1000)
  writeEvents(sink, revocations, undefined)
  endMany(200)
  while (sink.read() !== null);
  await once(sink, 'close')
  t.ok(sink.destroyed)
})

t.test('heartbeats reach a stream in which nothing happens', async (t) => {
  const revocations = await bus(t)
  const sink = sinkOf(10_000)
  const stream = writeEvents(sink, revocations, undefined)
  sink.read()
  for (let i = 0; i < 5; i++) {
    stream.heartbeat()
    t.equal(String(sink.read()), ':\n\n')
  }
  stream.close()
  stream.close()
  t.ok(sink.destroyed)
  endMany(1)
})

t.test('readers are counted until their answer is closed', async (t) => {
  const readers = createReaders({ revocations: await bus(t), most: 2 })
  readers.close()
  t.throws(() => { readers.admit('a') }, { code: 'AUTH_READERS_FULL' })
})
