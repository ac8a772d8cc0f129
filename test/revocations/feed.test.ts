import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createRevocationFeed, type FeedState, type RevocationFeedOptions, type TokenFacts } from '../../src/revocations/feed.js'
import { createEventParser, type Message } from '../../src/revocations/sse-parser.js'

const LONGEST_PAUSE_MS = 15_000
const START = 1_700_000_000_000
const token = (more: Partial<TokenFacts> = {}): TokenFacts => ({ handle: 'h', userId: 'u', tenantId: 'public', issuedAt: START / 1000, ...more })
const revoked = (more: object): string => `event: session-revoked\ndata: ${JSON.stringify({ type: 'session-revoked', at: START, reason: 'ended', ...more })}\n\n`
const sync = (since: number, resumed = false, event = 'sync'): string => `id: s.9\nevent: ${event}\ndata: ${JSON.stringify({ since, resumed })}\n\n`

/** Time that moves when it is told to. Timers run in their order. */
function createClock () {
  let now = START
  let pausing: (() => void) | undefined
  let timers: { at: number, run: () => void }[] = []
  return {
    now: () => now,
    get timers () { return timers.length },
    after (milliseconds: number, run: () => void) {
      const timer = { at: now + milliseconds, run }
      timers.push(timer)
      if (milliseconds <= LONGEST_PAUSE_MS) pausing?.()
      return () => { timers = timers.filter((one) => one !== timer) }
    },
    /** Resolves when the feed waits before it asks again. */
    async paused (): Promise<void> {
      if (!timers.some(({ at }) => at - now <= LONGEST_PAUSE_MS)) await new Promise<void>((resolve) => { pausing = resolve })
    },
    pass (milliseconds: number) {
      const end = now + milliseconds
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)
        if (next === undefined) break
        timers = timers.filter((one) => one !== next)
        now = next.at
        next.run()
      }
      now = end
    }
  }
}

interface Connection { request: IncomingMessage, response: ServerResponse }

/** A server that says what the test wants, and a feed that reads it. */
async function start (t: Test, options: Partial<RevocationFeedOptions> = {}) {
  const waiting: ((connection: Connection) => void)[] = []
  const arrived: Connection[] = []
  const server: Server = createServer((request, response) => {
    const taker = waiting.shift()
    if (taker === undefined) arrived.push({ request, response })
    else taker({ request, response })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clock = createClock()
  const states: FeedState[] = []
  let told: (() => void) | undefined
  const feed = createRevocationFeed({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth/events`,
    client: 'orders',
    secret: 'p+ss: w%rd-of-more-than-32-characters',
    clock,
    onState (state) {
      states.push(state)
      told?.()
    },
    ...options
  })
  t.teardown(() => {
    feed.close()
    server.closeAllConnections()
    server.close()
  })
  const connection = (): Promise<Connection> => arrived.length > 0 ? Promise.resolve(arrived.shift()!) : new Promise((resolve) => { waiting.push(resolve) })
  async function state (expected: FeedState): Promise<void> {
    while (states.at(-1) !== expected) await new Promise<void>((resolve) => { told = resolve })
  }
  /** Accepts the next connection and says so much. */
  async function accept (text: string): Promise<Connection> {
    const made = await connection()
    made.response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text)
    return made
  }
  return { feed, clock, states, state, connection, accept }
}

t.test('a token is refused once its session has ended, or all of its user', async (t) => {
  const { feed, accept, state, clock } = await start(t)
  t.ok(feed.isRevoked(token()), 'nothing is known yet')
  const { request } = await accept(revoked({ sessionHandles: ['a', 'b'] }) + revoked({ userId: 'v', at: START + 5000 }) + revoked({ userId: 'w', tenantId: 't1', at: START }) + 'event: of-later\ndata: {}\n\n' + sync(START - 3_600_000))
  await feed.ready
  await state('connected')
  t.match(request.headers, { accept: 'text/event-stream', authorization: `Basic ${Buffer.from('orders:p%2Bss%3A%20w%25rd-of-more-than-32-characters').toString('base64')}` })
  t.ok(feed.connected)
  t.notOk(feed.isRevoked(token()))
  t.ok(feed.isRevoked(token({ handle: 'a' })))
  t.ok(feed.isRevoked(token({ handle: 'b' })))
  t.ok(feed.isRevoked(token({ userId: 'v', issuedAt: START / 1000 + 5 })))
  t.notOk(feed.isRevoked(token({ userId: 'v', issuedAt: START / 1000 + 6 })), 'signed in since')
  t.ok(feed.isRevoked(token({ userId: 'v', issuedAt: NaN })))
  t.ok(feed.isRevoked(token({ userId: 'w', tenantId: 't1' })))
  t.notOk(feed.isRevoked(token({ userId: 'w', tenantId: 't2' })))
  t.ok(feed.isRevoked(token({ issuedAt: START / 1000 - 3601 })), 'older than all that is known')
  clock.pass(3_599_000)
  t.ok(feed.isRevoked(token({ handle: 'a' })))
})

t.test('a feed that is cut off goes by what it knows for a moment, then refuses', async (t) => {
  const { feed, accept, state, clock, connection } = await start(t, { graceSeconds: 30 })
  const { response } = await accept(sync(START))
  await state('connected')
  response.destroy()
  await clock.paused()
  t.notOk(feed.connected)
  clock.pass(30_000)
  t.notOk(feed.isRevoked(token()))
  clock.pass(1)
  t.ok(feed.isRevoked(token()))
  // It comes back by itself, where it has stopped.
  const again = await connection()
  t.equal(again.request.headers['last-event-id'], 's.9')
  again.response.writeHead(200, { 'content-type': 'text/event-stream' }).write(sync(START, true))
  await state('connected')
  t.notOk(feed.isRevoked(token()))
})

t.test('with admit it refuses what it knows, and nothing else', async (t) => {
  const { feed, accept, state, clock } = await start(t, { whenDisconnected: 'admit' })
  t.notOk(feed.isRevoked(token()))
  const { response } = await accept(revoked({ sessionHandles: ['a'] }) + sync(START))
  await state('connected')
  response.destroy()
  await clock.paused()
  clock.pass(1_000_000)
  t.notOk(feed.isRevoked(token({ issuedAt: 5 })))
  t.ok(feed.isRevoked(token({ handle: 'a' })))
})

t.test('after a gap, tokens from before it are refused until they are refreshed, and it says so', async (t) => {
  const { feed, accept, state, states, clock } = await start(t)
  const first = await accept(sync(START - 10_000))
  await state('connected')
  t.notOk(feed.isRevoked(token()))
  first.response.destroy()
  await clock.paused()
  clock.pass(1000)
  const second = await accept(sync(START + 500_000))
  await state('gap')
  t.ok(feed.connected)
  t.ok(feed.isRevoked(token()))
  t.notOk(feed.isRevoked(token({ issuedAt: START / 1000 + 500 })))
  // Another replica, which does not know the place but has everything from before.
  second.response.destroy()
  await clock.paused()
  clock.pass(1000)
  await accept(sync(START - 10_000))
  await state('connected')
  t.notOk(feed.isRevoked(token({ issuedAt: START / 1000 + 500 })))
  t.strictSame(states, ['connected', 'disconnected', 'gap', 'disconnected', 'connected'])
})

t.test('replicas that do not hear each other are as bad as no connection', async (t) => {
  const { feed, accept, state, clock } = await start(t, { graceSeconds: 5 })
  const { response } = await accept(sync(START))
  await state('connected')
  response.write(sync(START, true, 'partial') + revoked({ sessionHandles: ['a'] }))
  await state('partial')
  t.notOk(feed.connected)
  clock.pass(6000)
  response.write(':\n\n')
  t.ok(feed.isRevoked(token()))
  response.write(sync(START, true))
  await state('connected')
  t.notOk(feed.isRevoked(token()))
  t.ok(feed.isRevoked(token({ handle: 'a' })))
  response.write(sync(START + 1000, false, 'partial') + sync(START + 1000, true))
  await state('gap')
  t.ok(feed.isRevoked(token()), 'while they did not hear each other, something was lost')
})

t.test('a connection that is silent is given up; heartbeats keep it', async (t) => {
  const { accept, state, clock, states, connection } = await start(t)
  const { response } = await accept(sync(START))
  await state('connected')
  for (let i = 0; i < 5; i++) {
    clock.pass(20_000)
    // Whatever was written has been read by the time that the event after it is.
    response.write(`:\n\n${sync(START, true, i % 2 === 0 ? 'partial' : 'sync')}`)
    await state(i % 2 === 0 ? 'partial' : 'connected')
  }
  clock.pass(45_000)
  await clock.paused()
  clock.pass(500)
  await connection()
  t.equal(states.filter((one) => one === 'disconnected').length, 1)
})

t.test('what is no stream of events is not taken for one, and is asked again ever later', async (t) => {
  const { feed, connection, states, clock } = await start(t)
  const answers: [number, Record<string, string>, string][] = [
    [401, {}, ''], [404, {}, ''], [503, {}, ''], [200, { 'content-type': 'text/html' }, sync(START)], [302, { location: 'https://elsewhere.example.com/' }, ''],
    [200, { 'content-type': 'text/event-stream' }, 'event: sync\ndata: {"since":\n\n'], [200, { 'content-type': 'text/event-stream' }, `data: ${'x'.repeat(300_000)}`]
  ]
  for (const [status, headers, body] of answers) {
    const { response } = await connection()
    response.writeHead(status, headers).end(body)
    const expected = [401, 404].includes(status) ? 'refused' : 'disconnected'
    await clock.paused()
    t.equal(states.at(-1), expected)
    t.ok(feed.isRevoked(token({ issuedAt: Infinity })), `${status}: nothing is known`)
    clock.pass(LONGEST_PAUSE_MS)
  }
  t.strictSame(states, ['refused', 'disconnected'])
})

t.test('memory is bounded, and what was forgotten is not taken for fine', async (t) => {
  const { feed, accept, state, clock } = await start(t, { mostEntries: 100, tokenLifeSeconds: 60 })
  const { response } = await accept(sync(START - 60_000))
  await state('connected')
  t.notOk(feed.isRevoked(token({ issuedAt: START / 1000 - 30 })))
  for (let i = 0; i < 150; i += 50) response.write(revoked({ sessionHandles: Array.from({ length: 50 }, (_, j) => `h${i + j}`) }))
  await state('gap')
  t.ok(feed.isRevoked(token({ handle: 'h149' })))
  t.ok(feed.isRevoked(token({ handle: 'h0', issuedAt: START / 1000 - 30 })))
  t.notOk(feed.isRevoked(token({ handle: 'new', issuedAt: START / 1000 + 1 })))
  clock.pass(60_000)
  await clock.paused()
  clock.pass(LONGEST_PAUSE_MS)
  await accept(revoked({ sessionHandles: ['last'] }) + sync(START, true))
  await state('connected')
  t.notOk(feed.isRevoked(token({ handle: 'h149', issuedAt: clock.now() / 1000 })), 'its tokens have expired')
})

t.test('attack: a token that lives longer than the feed was told', async (t) => {
  const { feed, accept, state, clock } = await start(t, { tokenLifeSeconds: 60 })
  const { response } = await accept(revoked({ sessionHandles: ['ended'] }) + sync(START))
  await state('connected')
  const facts = (handle: string, age: number): TokenFacts => token({ handle, issuedAt: clock.now() / 1000 - age })
  async function hearOf (handle: string): Promise<void> {
    response.write(revoked({ sessionHandles: [handle] }))
    while (!feed.isRevoked(facts(handle, 0))) await new Promise(setImmediate)
  }
  clock.pass(30_000)
  await hearOf('another')
  clock.pass(30_000)
  t.match(['ended', 'other'].map((handle) => feed.isRevoked(facts(handle, 60))), [true, false])
  clock.pass(1000)
  await hearOf('one-more')
  t.notOk(feed.isRevoked(facts('ended', 0)), 'this end is forgotten')
  t.match(['ended', 'other'].map((handle) => feed.isRevoked(facts(handle, 61))), [true, true], 'so nobody knows')
})

t.test('a closed feed asks no more, and says no more', async (t) => {
  const { feed, accept, state, states, clock } = await start(t)
  const { response } = await accept(sync(START))
  await state('connected')
  const { socket } = response
  feed.close()
  await once(socket!, 'close')
  t.strictSame(states, ['connected'])
  t.equal(clock.timers, 0)
})

t.test('options that are wrong or misspelt throw', (t) => {
  const right = { url: 'https://auth.example.com/auth/events', client: 'a', secret: 'b' }
  for (const wrong of [{ url: 'auth.example.com' }, { url: 'ftp://example.com' }, { client: '' }, { secret: '' }, { whenDisconnected: 'admitt' as 'admit' }]) {
    t.throws(() => createRevocationFeed({ ...right, ...wrong }), TypeError)
  }
  t.end()
})

t.test('events are read wherever the network cuts them', (t) => {
  const text = '\uFEFF: hello\r\nid: 1\r\nevent: a\ndata: x\ndata:y\r\rid: 2\n\ndata\nid: 3\0\n\nevent: b\ndata:  z\nretry: 5\n\nid: 4\ndata: half'
  for (let size = 1; size < 12; size++) {
    const found: Message[] = []
    const parser = createEventParser((message) => { found.push(message) })
    for (let at = 1; at < text.length; at += size) parser.push(text.slice(at, at + size))
    t.strictSame(found, [{ event: 'a', data: 'x\ny' }, { event: 'message', data: '' }, { event: 'b', data: ' z' }], String(size))
    t.equal(parser.lastId, '2', 'an id counts once its block is complete')
  }
  t.end()
})
