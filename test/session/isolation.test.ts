import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import Fastify, { type LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { startScriptedCore } from './scripted-core.js'

const USERS = 12
const REQUESTS = 600
/** More at once would have the Core answer some of them too late on a busy machine. */
const AT_ONCE = 100

function payloadOf (token: string) {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>
}

/** The access token that an answer hands out, by cookie or by header. */
function handedOut (response: LightMyRequestResponse): string | undefined {
  const cookie = response.cookies.find(({ name }) => name === 'sAccessToken')?.value
  return cookie ?? response.headers['st-access-token'] as string | undefined
}

t.test('no cookie and no payload of one request reaches another', async (t) => {
  const core = await startScriptedCore(t)
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { core: { connectionURI: core.connectionURI }, sms: { provider: 'log' }, mail: { provider: 'log' } })
  const pause = async (turns: number) => { for (let i = 0; i < turns; i++) await nextTurn() }

  app.get<{ Params: { turns: number, nonce: string } }>('/merge/:turns/:nonce', { preHandler: app.require2FA! }, async ({ session, params: { turns, nonce } }) => {
    await pause(turns)
    await session!.mergeIntoAccessTokenPayload({ nonce })
    await pause(turns)
    return { user: session!.getUserId(), payload: session!.getAccessTokenPayload(), antiCsrf: session!.getAllSessionTokensDangerously().antiCsrfToken }
  })
  app.get<{ Params: { turns: number } }>('/read/:turns/:nonce', { preHandler: app.verifySession!() }, async (request) => {
    const before = request.session!
    await pause(request.params.turns)
    return { user: before.getUserId(), payload: request.session!.getAccessTokenPayload(), same: before === request.session, antiCsrf: before.getAllSessionTokensDangerously().antiCsrfToken }
  })
  app.get<{ Params: { turns: number } }>('/revoke/:turns/:nonce', { preHandler: app.require2FA! }, async ({ session, params: { turns } }) => {
    await pause(turns)
    await session!.revokeSession()
    return { user: session!.getUserId(), payload: session!.getAccessTokenPayload(), antiCsrf: session!.getAllSessionTokensDangerously().antiCsrfToken }
  })
  await app.ready()

  const now = Math.floor(Date.now() / 1000)
  // Whoever signs out does so once.
  const users = Array.from({ length: USERS + REQUESTS / 4 }, (_, i) => {
    const payload = {
      iat: now, exp: now + 3600, sub: `user-${i}`, rsub: `user-${i}`, tId: 'public', sessionHandle: `handle-${i}`, refreshTokenHash1: 'hash', '2fa-completed': { v: true, t: Date.now() }
    }
    return { payload, token: core.issue(payload) }
  })

  for (const { token } of users) t.equal((await app.inject({ url: '/read/0/first', headers: { authorization: `Bearer ${token}` } })).statusCode, 200)

  const mixed: string[] = []
  async function ask (i: number): Promise<void> {
    const act = ['merge', 'read', 'read', 'revoke'][i % 4]!
    const { payload, token } = users[act === 'revoke' ? USERS + Math.floor(i / 4) : i % USERS]!
    const byCookie = i % 3 > 0
    const nonce = `nonce-${i}`
    await pause(i % 7)
    const response = await app.inject({
      url: `/${act}/${(i * 7) % 5}/${nonce}`,
      headers: { 'anti-csrf': nonce, ...(byCookie ? { cookie: `sAccessToken=${token}` } : { authorization: `Bearer ${token}` }) }
    })
    const answer = response.json()
    const given = handedOut(response)
    const expected: Record<string, unknown> = { user: payload.sub, antiCsrf: nonce }
    const found: Record<string, unknown> = { user: answer.user, antiCsrf: answer.antiCsrf }
    function compare (what: string, one: unknown, other: unknown): void {
      found[what] = one
      expected[what] = other
    }
    if (act === 'merge') {
      const inside = payloadOf(given!)
      compare('nonce', answer.payload.nonce, nonce)
      compare('nonce in the token that it hands out', inside.nonce, nonce)
      compare('user in the token that it hands out', inside.sub, payload.sub)
      compare('whether the token travels as it came', response.cookies.length > 0, byCookie)
    } else {
      compare('payload of the token that it sent', answer.payload, payload)
      compare('token that it hands out', given, act === 'read' ? undefined : '')
      if (act === 'read') compare('one session object per request', answer.same, true)
    }
    if (!isDeepStrictEqual(found, expected)) mixed.push(`${act} ${i}: ${response.statusCode} ${response.body} ${JSON.stringify({ found, expected })}`)
  }
  for (let first = 0; first < REQUESTS; first += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => ask(first + i)))
  t.same(mixed, [])
  t.equal(app.twoFactor.sessionCache.hits, REQUESTS, 'all of them from the cache')
})
