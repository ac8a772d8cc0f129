import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from 'jose'
import t, { type Test } from 'tap'
import { fastify2fa } from '../../src/index.js'
import { formatEvent, parseEvent, type SessionRevoked } from '../../src/revocations/event.js'
import { createPush } from '../../src/revocations/push.js'
import { securityEventsOf, SESSION_REVOKED } from '../../src/revocations/security-event.js'
import { createSigner } from '../../src/signing-keys/signer.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

const TOKEN = 'the-token-of-the-receiver'
const ISSUER = 'https://auth.example.com/auth'

interface Delivery {
  request: IncomingMessage
  body: string
  claims: JWTPayload & { sub_id?: Record<string, Record<string, string>>, events?: Record<string, Record<string, unknown>> }
  answer (status: number, headers?: Record<string, string>): void
}

/** A receiver of security events (RFC 8935), which answers what the test says. */
async function receiver (t: Test) {
  const arrived: Delivery[] = []
  let wake = (): void => {}
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += String(part)
    arrived.push({ request, body, claims: decodeJwt(body), answer: (status, headers) => { response.writeHead(status, headers).end() } })
    wake()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/caep`,
    arrived,
    async next (): Promise<Delivery> {
      while (arrived.length === 0) await new Promise<void>((resolve) => { wake = resolve })
      return arrived.shift()!
    }
  }
}

/** Pauses that end when the test says so. */
function createClock () {
  let now = 1_700_000_000_000
  let pausing: ((pause: { milliseconds: number, end (): void }) => void) | undefined
  const pauses: { milliseconds: number, end (): void }[] = []
  return {
    now: () => now,
    after (milliseconds: number, run: () => void) {
      const pause = {
        milliseconds,
        end () {
          now += milliseconds
          run()
        }
      }
      if (pausing === undefined) pauses.push(pause)
      else pausing(pause)
      pausing = undefined
      return () => {}
    },
    pass (milliseconds: number) { now += milliseconds },
    async pause (): Promise<{ milliseconds: number, end (): void }> {
      return pauses.shift() ?? await new Promise((resolve) => { pausing = resolve })
    }
  }
}

function logOf () {
  const lines: string[] = []
  const add = (...args: unknown[]): void => { lines.push(JSON.stringify(args)) }
  return { lines, log: { info: add, warn: add, error: add } as never }
}

const ended = (...sessionHandles: string[]): SessionRevoked => ({ type: 'session-revoked', sessionHandles, userId: 'u', at: 1_700_000_000_999, reason: 'operator' })

async function prepare (t: Test) {
  const { url, next } = await receiver(t)
  const clock = createClock()
  const { log, lines } = logOf()
  const push = createPush({ receiver: { url, token: TOKEN }, signer: createSigner({ issuer: ISSUER }), log, clock })
  t.teardown(() => { push.close() })
  return { push, next, clock, lines }
}

t.test('a receiver gets a security event token that it can verify, for each session that ends', async (t) => {
  const { url, next } = await receiver(t)
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, eventReceiver: { url, token: TOKEN, audience: 'https://events.example.com' } })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const keys = createRemoteJWKSet(new URL(`${origin}/auth/fastify-2fa/jwks.json`))
  const user = await signInWithSecondFactor(app, { transferMethod: 'header' })
  const first = await next()
  first.answer(202)
  t.match(first.request.headers, { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/secevent+jwt', accept: 'application/json' })
  t.match(first.claims.events, { [SESSION_REVOKED]: { reason_admin: { en: 'replaced' } } })

  const { sessionHandle } = decodeJwt(user.session.tokens.get('st-access-token')!)
  await user.session.inject({ method: 'POST', url: '/auth/signout' })
  const { body, answer } = await next()
  answer(202)
  const { payload, protectedHeader } = await jwtVerify(body, keys, { issuer: 'http://localhost:3000/auth', audience: 'https://events.example.com', typ: 'secevent+jwt' })
  t.equal(protectedHeader.alg, 'ES256')
  const event = (payload.events as Record<string, { event_timestamp: number }>)[SESSION_REVOKED]!
  t.ok(Math.abs(event.event_timestamp - Date.now() / 1000) < 60, 'seconds')
  t.strictSame(payload, {
    iss: 'http://localhost:3000/auth',
    aud: 'https://events.example.com',
    iat: payload.iat,
    jti: payload.jti,
    sub_id: { format: 'complex', session: { format: 'opaque', id: sessionHandle } },
    events: { [SESSION_REVOKED]: { event_timestamp: event.event_timestamp, initiating_entity: 'user', reason_admin: { en: 'signed-out' } } }
  }, 'neither sub nor exp')
  t.not(payload.jti, first.claims.jti)
})

t.test('the subject is what is known', (t) => {
  const user = { format: 'iss_sub', iss: ISSUER, sub: 'u' }
  t.strictSame(securityEventsOf(ended('a', 'b'), ISSUER).map(({ sub_id: subject }) => subject), ['a', 'b'].map((id) => ({ format: 'complex', session: { format: 'opaque', id }, user })))
  t.match(securityEventsOf({ type: 'session-revoked', userId: 'u', tenantId: 't1', at: 5000, reason: 'token-theft' }, ISSUER), [{
    sub_id: { format: 'complex', user, tenant: { format: 'opaque', id: 't1' }, session: undefined },
    events: { [SESSION_REVOKED]: { event_timestamp: 5, initiating_entity: 'policy' } }
  }])
  t.end()
})

t.test('a token has one name, at the replica in which a session ended and at all others', (t) => {
  const of = (event: SessionRevoked) => securityEventsOf(event, ISSUER).map(({ jti }) => jti)
  const ofUser = { type: 'session-revoked', userId: 'u', at: 5000, reason: 'ended' } as const
  const events: SessionRevoked[] = [ended('a', 'b'), ofUser, { ...ofUser, tenantId: 't1' }, { ...ofUser, at: 5001 }]
  for (const event of events) t.strictSame(of(parseEvent(formatEvent(event))!), of(event))
  t.equal(new Set(events.flatMap(of)).size, 5)
  t.end()
})

t.test('what a receiver does not take now is sent again, the same token, ever later and in order', async (t) => {
  const { push, next, clock, lines } = await prepare(t)
  push.add(ended('a', 'b'))
  const bodies = new Set<string>()
  const pauses: number[] = []
  for (const status of [500, 503, 429, 401, 500, 500, 500, 500, 500]) {
    const { body, answer } = await next()
    bodies.add(body)
    answer(status)
    const { milliseconds, end } = await clock.pause()
    pauses.push(milliseconds)
    end()
  }
  t.strictSame(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  t.equal(bodies.size, 1)
  const a = await next()
  push.add(ended('c'))
  a.answer(202)
  const second = await next()
  second.answer(202)
  const third = await next()
  third.answer(202)
  t.strictSame([a, second, third].map(({ claims }) => claims.sub_id!.session!.id), ['a', 'b', 'c'])
  t.equal(lines.length, 2, 'one line when it began, one when it was over')
  t.notMatch(lines.join(), TOKEN)
})

t.test('a token that has changed is shown from then on, with what was waiting too', async (t) => {
  const { push, next, clock } = await prepare(t)
  push.add(ended('a'))
  const refused = await next()
  t.equal(refused.request.headers.authorization, `Bearer ${TOKEN}`)
  refused.answer(401)
  push.useToken('the-next-token-of-the-receiver')
  ;(await clock.pause()).end()
  const again = await next()
  again.answer(202)
  t.strictSame([again.request.headers.authorization, again.body], ['Bearer the-next-token-of-the-receiver', refused.body])
})

t.test('what it refuses for good does not stop the others', async (t) => {
  const { push, next, lines } = await prepare(t)
  push.add(ended('a', 'b'))
  ;(await next()).answer(400)
  const { claims, answer } = await next()
  answer(202)
  t.equal(claims.sub_id!.session!.id, 'b')
  t.match(lines, [/"status":400/])
})

t.test('the token is not sent on to where it redirects', async (t) => {
  const { push, next, clock } = await prepare(t)
  const elsewhere = await receiver(t)
  push.add(ended('a'))
  ;(await next()).answer(307, { location: elsewhere.url })
  const { end } = await clock.pause()
  end()
  const again = await next()
  again.answer(202)
  t.equal(elsewhere.arrived.length, 0)
})

t.test('the queue has a ceiling, and what is older than an hour is not sent any more', async (t) => {
  const { push, next, clock, lines } = await prepare(t)
  push.add(ended('first'))
  ;(await next()).answer(503)
  const { end } = await clock.pause()
  for (let i = 0; i < 200; i++) push.add(ended(...Array.from({ length: 100 }, (_, j) => `h${i}-${j}`)))
  t.equal(push.waiting, 10_000)
  clock.pass(3_600_001)
  push.add(ended('last'))
  t.equal(push.waiting, 1)
  end()
  const { claims, answer } = await next()
  answer(202)
  t.equal(claims.sub_id!.session!.id, 'last')
  push.add(ended('and on'))
  ;(await next()).answer(202)
  t.match(lines.at(-1), /"lost":20001/)
})
