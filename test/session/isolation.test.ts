import { setImmediate as nextTurn } from 'node:timers/promises'
import Fastify, { type LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { startScriptedCore } from './scripted-core.js'

const USERS = 12
const REQUESTS = 600

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
  const users = Array.from({ length: USERS }, (_, i) => {
    const payload = {
      iat: now, exp: now + 3600, sub: `user-${i}`, rsub: `user-${i}`, tId: 'public', sessionHandle: `handle-${i}`, refreshTokenHash1: 'hash', '2fa-completed': { v: true, t: Date.now() }
    }
    return { payload, token: core.issue(payload) }
  })

  for (const { token } of users) t.equal((await app.inject({ url: '/read/0/first', headers: { authorization: `Bearer ${token}` } })).statusCode, 200)

  await Promise.all(Array.from({ length: REQUESTS }, async (_, i) => {
    const { payload, token } = users[i % USERS]!
    const act = ['merge', 'read', 'read', 'revoke'][i % 4]!
    const byCookie = i % 3 > 0
    const nonce = `nonce-${i}`
    await pause(i % 7)
    const response = await app.inject({
      url: `/${act}/${(i * 7) % 5}/${nonce}`,
      headers: { 'anti-csrf': nonce, ...(byCookie ? { cookie: `sAccessToken=${token}` } : { authorization: `Bearer ${token}` }) }
    })
    const answer = response.json()
    const label = `${act} ${i}: ${response.statusCode} ${response.body}`
    t.equal(answer.user, payload.sub, label)
    t.equal(answer.antiCsrf, nonce, label)
    if (act === 'merge') {
      t.equal(answer.payload.nonce, nonce, label)
      t.match(payloadOf(handedOut(response)!), { sub: payload.sub, nonce }, label)
      t.equal(response.cookies.length > 0, byCookie, 'the token travels as it came')
    } else {
      t.strictSame(answer.payload, payload, `${label}: the payload of the token it sent`)
      t.equal(handedOut(response), act === 'read' ? undefined : '', label)
      if (act === 'read') t.equal(answer.same, true, 'one session object per request')
    }
  }))
  t.equal(app.twoFactor.sessionCache.hits, REQUESTS, 'all of them from the cache')
})
