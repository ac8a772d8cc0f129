import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { randomInt, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import type { ServiceOptions } from '../../src/index.js'
import { createRevocationFeed, type FeedState } from '../../src/revocations/feed.js'
import { joinStream } from '../../src/revocations/redis-stream.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

/** Two processes of the service, one real Redis, one Core. */
const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
const port = await freePort()
const redisUrl = `redis://127.0.0.1:${port}`
let redis = await startRedis(port)
const SECRET = 'the-secret-of-the-orders-service-001'

const children: ChildProcess[] = []
async function startReplica (): Promise<string> {
  const options: ServiceOptions = {
    production: false,
    core: { connectionURI: core.connectionURI, apiKey: String(core.apiKey) },
    sms: { provider: 'log' },
    mail: { provider: 'log' },
    serviceClients: [{ id: 'orders', secrets: [SECRET] }],
    limits: { redisUrl, sends: false, signIn: false, signUps: false, mails: false, failures: false }
  }
  const child = fork(fileURLToPath(new URL('replica.js', import.meta.url)), [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  children.push(child)
  const [address] = await once(child, 'message') as [string]
  return address
}
const [here, there] = await Promise.all([startReplica(), startReplica()])

t.teardown(async () => {
  await Promise.all(children.map(async (child) => {
    child.disconnect()
    await once(child, 'exit')
  }))
  await redis.kill()
  await core.close()
})

async function call (origin: string, path: string, { token, payload }: { token?: string, payload?: object } = {}): Promise<Response> {
  return await fetch(origin + path, {
    ...(payload !== undefined && { method: 'POST', body: JSON.stringify(payload) }),
    headers: { 'content-type': 'application/json', 'st-auth-mode': 'header', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  })
}

interface Facts { handle: string, userId: string, tenantId: string, issuedAt: number }

/** Signs up and passes both factors at one replica. */
async function signIn (origin: string): Promise<{ token: string, facts: Facts }> {
  const phoneNumber = `+1212${randomInt(2_000_000, 10_000_000)}`
  const first = await call(origin, '/auth/signup', { payload: { formFields: [{ id: 'email', value: `${randomUUID()}@example.com` }, { id: 'password', value: 'correct horse 1' }] } })
  const half = first.headers.get('st-access-token')!
  const { deviceId, preAuthSessionId } = await (await call(origin, '/auth/signinup/code', { token: half, payload: { phoneNumber } })).json() as Record<string, string>
  const outbox = await (await call(origin, '/dev/outbox')).json() as { to: string, code?: string }[]
  const userInputCode = outbox.findLast(({ to }) => to === phoneNumber)!.code
  const second = await call(origin, '/auth/signinup/code/consume', { token: half, payload: { deviceId, preAuthSessionId, userInputCode } })
  const token = second.headers.get('st-access-token')!
  const { sessionHandle, sub, tId, iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sessionHandle: string, sub: string, tId: string, iat: number }
  return { token, facts: { handle: sessionHandle, userId: sub, tenantId: tId, issuedAt: iat } }
}

const isIn = async (origin: string, token: string): Promise<boolean> => (await call(origin, '/examples/second-factor', { token })).status === 200

async function untilOut (origin: string, token: string): Promise<number> {
  const begun = performance.now()
  await until('the replica refuses the token', async () => !await isIn(origin, token))
  return performance.now() - begun
}

async function follow (t: Test, origin: string) {
  const states: FeedState[] = []
  const feed = createRevocationFeed({ url: `${origin}/auth/events`, client: 'orders', secret: SECRET, onState: (state) => { states.push(state) } })
  t.teardown(() => { feed.close() })
  await feed.ready
  // Tokens say when they were issued in whole seconds, and a feed refuses what may be older than itself.
  const begun = Math.ceil(Date.now() / 1000)
  await until('tokens are certainly newer than the feed', () => Date.now() / 1000 > begun)
  return { feed, states }
}

t.test('who signs out at one replica is out at the other, and at a verifier of any, within a second', async (t) => {
  const [{ feed }, { feed: other }] = await Promise.all([follow(t, here), follow(t, there)])
  const { token, facts } = await signIn(here)
  t.ok(await isIn(there, token) && await isIn(there, token), 'the other one knows the token')
  t.notOk(feed.isRevoked(facts) || other.isRevoked(facts))
  t.equal((await call(here, '/auth/signout', { token, payload: {} })).status, 200)
  const took = await untilOut(there, token)
  t.ok(took < 1000, `${Math.round(took)} ms`)
  for (const one of [feed, other]) await until('the verifier refuses it', () => one.isRevoked(facts))
})

t.test('a verifier that comes back to another replica goes on where it has stopped', async (t) => {
  const read = async (origin: string, lastEventId?: string) => {
    const abort = new AbortController()
    const response = await fetch(`${origin}/auth/events`, { signal: abort.signal, headers: { authorization: `Bearer ${SECRET}`, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) } })
    let text = ''
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(part).toString()
      if (text.includes('event: sync')) break
    }
    abort.abort()
    return { text, lastId: [...text.matchAll(/^id: (.*)$/gm)].at(-1)![1]! }
  }
  const before = await read(here)
  const { token, facts } = await signIn(here)
  await call(here, '/auth/signout', { token, payload: {} })
  await untilOut(there, token)
  const after = await read(there, before.lastId)
  t.match(after.text, facts.handle)
  t.match(after.text, /"resumed":true/)
  t.equal(after.text.match(/event: session-revoked/g)?.length, 2, 'only what has happened since')
  t.match((await read(here, after.lastId)).text, /^id: .*\nevent: sync\ndata: .*"resumed":true}\n\n$/)
})

t.test('what Redis holds names nobody, and ends', async (t) => {
  const client = new Redis(redisUrl)
  t.teardown(() => { client.disconnect() })
  const { facts } = await signIn(here)
  const entries = JSON.stringify(await client.xrange('fastify-2fa:revocations', '-', '+'))
  t.match(entries, /sessionHandles/)
  t.notMatch(entries, facts.userId)
  t.ok(await client.pttl('fastify-2fa:revocations') > 3_600_000)
})

t.test('a command ends sessions at all replicas', async (t) => {
  const { feed } = await follow(t, there)
  const { token, facts } = await signIn(here)
  t.ok(await isIn(there, token))
  let said = ''
  const io = {
    env: { SUPERTOKENS_CONNECTION_URI: core.connectionURI, SUPERTOKENS_API_KEY: String(core.apiKey), REDIS_URL: redisUrl },
    cwd: '/nonexistent',
    out (text: string) { said += text },
    err (text: string) { t.fail(text) }
  }
  t.equal(await run(['user', 'force-password-change', facts.userId, '--by', 'otto', '--reason', 'a test'], io), 0)
  t.match(said, /All processes of the service refuse the access tokens within a second/)
  t.ok(await untilOut(here, token) < 1000)
  t.ok(await untilOut(there, token) < 1000)
  await until('the verifier refuses it', () => feed.isRevoked(facts))
})

t.test('a Redis that is killed and comes back empty: verifiers know that they do not know, and nothing is lost', async (t) => {
  const { feed, states } = await follow(t, there)
  const [before, during, innocent] = [await signIn(here), await signIn(here), await signIn(here)]
  for (const { token } of [before, during, innocent]) t.ok(await isIn(there, token))
  await call(here, '/auth/signout', { token: before.token, payload: {} })
  await untilOut(there, before.token)
  await redis.kill()
  await until('the verifier is told', () => states.at(-1) === 'partial')
  t.notOk(feed.connected)
  t.equal((await call(here, '/auth/signout', { token: during.token, payload: {} })).status, 200, 'who signs out notices nothing')
  t.notOk(await isIn(here, during.token))
  t.ok(await isIn(there, during.token), 'the other replica cannot know')

  redis = await startRedis(port)
  await untilOut(there, during.token)
  await until('the verifier hears all replicas again', () => feed.connected)
  t.strictSame(states, ['connected', 'partial', 'gap'])
  t.ok(feed.isRevoked(during.facts))
  t.ok(feed.isRevoked(innocent.facts), 'refreshed once, since it could have been told of meanwhile')
  t.ok(await isIn(there, innocent.token))
  const fresh = await follow(t, here)
  await until('what ended before is in the new Redis as well', () => fresh.feed.isRevoked({ ...before.facts, issuedAt: Infinity }))
})

t.test('a Redis that hangs is noticed within seconds, and what ended meanwhile arrives', async (t) => {
  const own = await freePort()
  const server = await startRedis(own)
  const heard: string[] = []
  const states: boolean[] = []
  const log = { info: () => {}, error: () => {} }
  const stream = await joinStream(`redis://127.0.0.1:${own}`, {
    onEvent (_id, { sessionHandles = [] }) { heard.push(...sessionHandles) },
    onBegin () {},
    onState (isWhole) { states.push(isWhole) }
  }, log)
  t.teardown(async () => {
    server.resume()
    await stream.close()
    await server.kill()
  })
  const end = (handle: string): void => { stream.add({ type: 'session-revoked', sessionHandles: [handle], at: Date.now(), reason: 'ended' }) }
  await until('joined', () => states.at(-1) === true)
  server.hang()
  end('meanwhile')
  await until('noticed', () => states.at(-1) === false)
  server.resume()
  await until('heard again', () => states.at(-1) === true)
  end('after')
  await until('all arrived', () => heard.includes('after'))
  t.ok(heard.indexOf('meanwhile') < heard.indexOf('after') && heard.includes('meanwhile'))
})

t.test('a Redis that refuses the commands is named, once', async (t) => {
  const own = await freePort()
  const server = await startRedis(own, '--rename-command', 'XREAD', '""')
  const lines: string[] = []
  const log = { info: () => {}, error: (...words: unknown[]) => { lines.push(JSON.stringify(words)) } }
  const stream = await joinStream(`redis://127.0.0.1:${own}`, { onEvent () {}, onBegin () {}, onState () {} }, log as never)
  t.teardown(async () => {
    await stream.close()
    await server.kill()
  })
  await until('said', () => lines.length > 0)
  const client = new Redis(own)
  t.teardown(() => { client.disconnect() })
  const connections = async (): Promise<number> => Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))![1])
  const before = await connections()
  stream.add({ type: 'session-revoked', sessionHandles: ['a'], at: Date.now(), reason: 'ended' })
  await until('written nevertheless', async () => await client.xlen('fastify-2fa:revocations') === 2)
  t.match(lines, [/"reason":"ERR"/])
  t.ok(await connections() - before <= 2, 'it does not come back at once, again and again')
})
