import Fastify, { type FastifyInstance } from 'fastify'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../src/index.js'
import { createRevocations } from '../../src/revocations/bus.js'
import { createPolls, MOST_EVENTS } from '../../src/revocations/poll.js'
import { SESSION_REVOKED } from '../../src/revocations/security-event.js'
import { announceRevocation } from '../../src/session/ended.js'
import { generateKey } from '../../src/signing-keys/generate.js'
import { createSigner } from '../../src/signing-keys/signer.js'
import { testCore } from '../helper.js'

const [SECRET, OTHER] = ['the-secret-of-the-orders-service-001', 'the-secret-of-the-billing-service-001']
const serviceClients = [{ id: 'orders', secrets: [SECRET] }, { id: 'billing', secrets: [OTHER] }]
const signingKeys = { keys: [generateKey()] }

async function build (t: Test, options: object = { signingKeys }): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, serviceClients, ...options })
  await app.ready()
  return app
}

interface Answer { sets: Record<string, string>, moreAvailable: boolean }

async function poll (app: FastifyInstance, payload: object | string, secret = SECRET) {
  const response = await app.inject({ method: 'POST', url: '/auth/events/poll', payload, headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' } })
  return { statusCode: response.statusCode, headers: response.headers, json: response.json<Answer>() }
}

const end = (...sessionHandles: string[]): void => { announceRevocation({ sessionHandles, reason: 'signed-out' }) }
const handlesIn = ({ sets }: Answer): string[] => Object.values(sets).map((token) => (decodeJwt(token) as { sub_id: { session: { id: string } } }).sub_id.session.id)
const NOW = { returnImmediately: true }

t.test('a receiver polls for tokens that it can verify, until it has acknowledged them', async (t) => {
  const app = await build(t)
  t.strictSame((await poll(app, NOW)).json, { sets: {}, moreAvailable: false })
  end('a', 'b')
  end('c')
  const first = await poll(app, { ...NOW, maxEvents: 2 })
  t.match(first, { statusCode: 200, headers: { 'cache-control': 'no-store', 'content-type': /^application\/json/ }, json: { moreAvailable: true } })
  t.strictSame(handlesIn(first.json), ['a', 'b'])
  for (const [jti, token] of Object.entries(first.json.sets)) {
    const { payload } = await jwtVerify(token, createLocalJWKSet(app.twoFactor.signer!.jwks as never), { issuer: app.twoFactor.signer!.issuer, audience: 'orders', typ: 'secevent+jwt' })
    t.match(payload, { jti, events: { [SESSION_REVOKED]: { initiating_entity: 'user' } } })
  }
  const again = await poll(app, { ...NOW, maxEvents: 2 })
  t.strictSame(Object.keys(again.json.sets), Object.keys(first.json.sets), 'the same, since they may not have arrived')
  const [a, b] = Object.keys(first.json.sets) as [string, string]
  t.strictSame(handlesIn((await poll(app, { ...NOW, ack: [b, 'unknown', b] })).json), ['a', 'c'])
  t.strictSame(handlesIn((await poll(app, { ...NOW, setErrs: { [a]: { err: 'invalid_key', description: 'x' } } })).json), ['c'], 'what it cannot take is not sent again')
  t.strictSame((await poll(app, { maxEvents: 0 })).json, { sets: {}, moreAvailable: true }, 'to acknowledge only, which never waits')

  t.strictSame(handlesIn((await poll(app, NOW, OTHER)).json), ['a', 'b', 'c'], 'each client has its own place')
})

t.test('without news it waits; of one client once at a time', async (t) => {
  const app = await build(t)
  const waiting = poll(app, {})
  const other = poll(app, {}, OTHER)
  // The first one is waiting by the time that the second one is answered.
  t.strictSame((await poll(app, {})).json, { sets: {}, moreAvailable: false })
  end('news')
  for (const { json } of await Promise.all([waiting, other])) t.strictSame(handlesIn(json), ['news'])
})

t.test('an app that closes answers those that wait', async (t) => {
  const app = await build(t)
  const waiting = poll(app, {})
  t.strictSame((await poll(app, {})).json.sets, {})
  await app.close()
  t.strictSame((await waiting).json, { sets: {}, moreAvailable: false })
})

t.test('what is no poll is refused, and strangers get nothing', async (t) => {
  const app = await build(t)
  for (const wrong of ['', '[]', '5', 'null', '{', { maxEvents: -1 }, { maxEvents: 1.5 }, { maxEvents: '5' }, { returnImmediately: 'yes' }, { ack: 'a' }, { ack: [5] }, { ack: ['x'.repeat(257)] }, { setErrs: [] }, { setErrs: 'x' }, '{"__proto__":{"ack":["a"]}}']) {
    t.match(await poll(app, wrong), { statusCode: 400, json: { error: 'invalid_request' } }, JSON.stringify(wrong).slice(0, 40))
  }
  t.match(await poll(app, NOW, `${SECRET}x`), { statusCode: 401, json: { code: 'AUTH_CLIENT_REFUSED' } })
  const unsigned = await build(t, {})
  t.equal((await unsigned.inject({ method: 'POST', url: '/auth/events/poll', payload: {}, headers: { authorization: `Bearer ${SECRET}` } })).statusCode, 404, 'without keys there is nothing to sign with')
})

t.test('any number of events is handed out in parts; acknowledgements of others are not kept', async (t) => {
  const revocations = await createRevocations({ most: 2000 })
  t.teardown(() => revocations.close())
  const { poll } = createPolls({ revocations, signer: createSigner({ issuer: 'https://auth.example.com/auth' }), patienceMs: 1 })
  const handles = Array.from({ length: 1250 }, (_, i) => `h${i}`)
  for (let i = 0; i < handles.length; i += 50) end(...handles.slice(i, i + 50))
  const found: string[] = []
  let done: string[] = []
  let isMore = true
  while (isMore) {
    const answer = await poll('orders', { maxEvents: 100_000, returnImmediately: true, done })
    t.ok(Object.keys(answer.sets).length <= MOST_EVENTS)
    found.push(...handlesIn(answer))
    done = [...Object.keys(answer.sets), 'made up']
    isMore = answer.moreAvailable
  }
  t.strictSame(found, handles)
  t.strictSame((await poll('orders', { maxEvents: 5, returnImmediately: false, done })).sets, {}, 'and it does not wait for ever')

  // What the journal has dropped cannot be sent any more, and does not stand in the way.
  for (let i = 0; i < 3000; i++) end(`flood-${i}`)
  t.strictSame(handlesIn(await poll('orders', { maxEvents: 1, returnImmediately: true, done: [] })), ['flood-1000'])
})
