import t, { type Test } from 'tap'
import { createVerifier, type VerifierOptions } from '../../src/verifier/index.js'
import { signInWithSecondFactor, type TestSession } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { newKey } from '../session/scripted-core.js'
import { jwksOf, SERVICE, startVerifier } from './service.js'

/** A user of a real service, a thief who has copied the tokens, and a verifier elsewhere. */
async function stage (t: Test, options: Partial<VerifierOptions>) {
  const app = await build(t)
  const asked: string[] = []
  const verifier = createVerifier({
    serviceUrl: 'http://localhost:3000',
    antiCsrf: 'SAME_SITE',
    ...options,
    async fetch (url, { headers }) {
      const { pathname } = new URL(url)
      asked.push(pathname)
      const { statusCode, body } = await app.inject({ url: pathname, headers: headers as Record<string, string> })
      return new Response(body, { status: statusCode })
    }
  })
  const { session } = await signInWithSecondFactor(app, { transferMethod: 'header' })
  const refresh = async (client: TestSession): Promise<number> => (await client.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode
  async function visit (client: TestSession): Promise<number> {
    const decision = await verifier.verifyRequest({ method: 'GET', headers: { authorization: `Bearer ${client.tokens.get('st-access-token')!}` } })
    return decision.admitted ? 200 : decision.status
  }
  return { app, session, thief: session.copy(), refresh, visit, questions: () => asked.filter((path) => path === '/sessioninfo').length }
}

t.test('ask: the service confirms a token after a refresh, once a minute', async (t) => {
  const { session, refresh, visit, questions } = await stage(t, { unconfirmed: 'ask' })
  t.equal(await visit(session), 200)
  t.equal(questions(), 0, 'the first token needs none')
  t.equal(await refresh(session), 200)
  t.strictSame(await Promise.all([1, 2, 3].map(() => visit(session))), [200, 200, 200])
  t.equal(await visit(session), 200)
  t.equal(questions(), 1)
})

t.test('ask: a stolen refresh token is noticed as soon as its owner refreshes', async (t) => {
  const { session, thief, refresh, visit } = await stage(t, { unconfirmed: 'ask' })
  t.equal(await refresh(thief), 200)
  t.equal(await visit(thief), 200)
  t.equal(await refresh(session), 401, 'and the session ends for both')
  t.equal(await refresh(thief), 401)
})

t.test('admit: a stolen refresh token is noticed once both have refreshed again', async (t) => {
  const { session, thief, refresh, visit } = await stage(t, {})
  t.equal(await refresh(thief), 200)
  t.equal(await visit(thief), 200)
  t.equal(await refresh(session), 200, 'nobody has noticed')
  t.equal(await refresh(thief), 200)
  t.equal(await refresh(session), 401)
})

t.test('refuse: a token opens nothing until the service has confirmed it', async (t) => {
  const { session, refresh, visit } = await stage(t, { unconfirmed: 'refuse' })
  t.equal(await refresh(session), 200)
  t.equal(await visit(session), 401)
  t.equal((await session.inject('/sessioninfo')).statusCode, 200)
  t.equal(await visit(session), 200)
})

t.test('the issuer of a service\'s tokens is its API domain and path, before and after a refresh', async (t) => {
  for (const [issuer, status] of [['http://localhost:3000/auth', 200], ['http://localhost:3000', 401]] as const) {
    const { session, refresh, visit } = await stage(t, { issuer })
    t.equal(await visit(session), status, issuer)
    t.equal(await refresh(session), 200)
    t.equal(await visit(session), status, issuer)
  }
})

t.test('what the service says of a token', async (t) => {
  const key = newKey('d-1')
  const unconfirmed = { parentRefreshTokenHash1: 'b'.repeat(64) }

  /** The status for a token of which the service says this. */
  async function statusWhere (answer: () => Response, options: Partial<VerifierOptions> = {}) {
    const sent: [string, RequestInit][] = []
    const service = startVerifier([key], {
      unconfirmed: 'ask',
      ...options,
      async fetch (url, init) {
        if (url.endsWith('.json')) return Response.json(jwksOf(key))
        sent.push([url, init])
        return answer()
      }
    })
    return { status: await service.statusOf(service.token(key, unconfirmed)), sent, forged: await service.statusOf(service.token(newKey('d-1'), unconfirmed)) }
  }

  t.match(await statusWhere(() => new Response('{}')), { status: 200, forged: 401 })
  t.match(await statusWhere(() => new Response('{}', { status: 403 })), { status: 200 }, 'a session that lacks something there is one')
  t.match(await statusWhere(() => new Response('{}', { status: 401 })), { status: 401 }, 'it has ended')
  for (const status of [204, 404, 429, 500, 503]) t.match(await statusWhere(() => new Response(null, { status })), { status: 503 }, `${status} says nothing`)
  t.match(await statusWhere(() => { throw new Error('down') }), { status: 503 })

  const { sent } = await statusWhere(() => new Response('{}'))
  t.equal(sent.length, 1, 'a forged token makes no question')
  t.match(sent, [[`${SERVICE}/sessioninfo`, { redirect: 'error', headers: { authorization: /^Bearer / } }]])
  t.match((await statusWhere(() => new Response('{}'), { confirmUrl: 'https://auth.example.com/internal/sessioninfo' })).sent, [['https://auth.example.com/internal/sessioninfo']])

  t.throws(() => startVerifier([key], { unconfirmed: 'ask', confirmUrl: 'http://auth.internal/sessioninfo' }), { message: /plain HTTP/ }, 'a token is not sent where others listen')
  t.throws(() => createVerifier({ jwksUrl: 'https://cdn.example.com/keys', tokenTransferMethod: 'header', unconfirmed: 'ask' }), { message: /confirmUrl is missing/ })
})

t.test('where the service takes cookies only, the question carries one', async (t) => {
  const key = newKey('d-1')
  const sent: unknown[] = []
  const { verifier, token } = startVerifier([key], {
    unconfirmed: 'ask',
    tokenTransferMethod: 'cookie',
    async fetch (url, { headers }) {
      if (url.endsWith('.json')) return Response.json(jwksOf(key))
      sent.push(headers)
      return new Response('{}')
    }
  })
  const cookie = `sAccessToken=${token(key, { parentRefreshTokenHash1: 'b' })}`
  t.match(await verifier.verifyRequest({ method: 'GET', headers: { cookie } }), { admitted: true })
  t.strictSame(sent, [{ cookie }])
})
