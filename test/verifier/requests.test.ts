import fc from 'fast-check'
import t from 'tap'
import type { RequestHeaders, VerifierOptions } from '../../src/verifier/index.js'
import { newKey, type Payload } from '../session/scripted-core.js'
import { accessToken, startVerifier } from './service.js'

const KEY = newKey('d-1')

/** The status of a request that carries a good token in these headers. */
async function statusOf (method: string | undefined, headers: (token: string) => RequestHeaders, options: Partial<VerifierOptions> = {}, isWebSocket?: boolean): Promise<number> {
  const { verifier, token } = startVerifier([KEY], options)
  const decision = await verifier.verifyRequest({ method, headers: headers(token(KEY)), ...(isWebSocket !== undefined && { isWebSocket }) })
  return decision.admitted ? 200 : decision.status
}

t.test('attack: a form on another website', async (t) => {
  const cookie = (extra: Record<string, string> = {}) => (token: string) => ({ cookie: `sAccessToken=${token}`, ...extra })
  t.equal(await statusOf('POST', cookie()), 401)
  t.equal(await statusOf('get', cookie()), 200)
  t.equal(await statusOf(undefined, cookie()), 401, 'a method that is not known is no GET')
  t.equal(await statusOf('OPTIONS', cookie()), 401)
  t.equal(await statusOf('POST', cookie({ rid: 'anti-csrf' })), 200)
  t.equal(await statusOf('POST', cookie({ rid: 'anti-csrf' }), { antiCsrf: 'VIA_TOKEN' }), 401)
  t.equal(await statusOf('POST', cookie({ 'anti-csrf': 'right' }), { antiCsrf: 'VIA_TOKEN' }), 200)
  t.equal(await statusOf('POST', cookie(), { antiCsrf: 'SAME_SITE' }), 200)
  t.equal(await statusOf('POST', cookie({ 'sec-fetch-site': 'same-site' }), { antiCsrf: 'SAME_SITE' }), 200)
  t.equal(await statusOf('POST', cookie({ 'sec-fetch-site': 'cross-site' }), { antiCsrf: 'SAME_SITE' }), 401, 'its browser says so')
  t.equal(await statusOf('POST', (token) => ({ authorization: `Bearer ${token}` })), 200, 'no page can send this header')
})

t.test('attack: several tokens', async (t) => {
  const other = accessToken(KEY, { sub: 'mallory' })
  t.equal(await statusOf('GET', (token) => ({ cookie: `sAccessToken=${token}; sAccess%54oken=${other}` })), 401)
  t.equal(await statusOf('GET', (token) => ({ authorization: 'Bearer garbage', cookie: `sAccessToken=${token}; sAccessToken=${other}` })), 401)
  t.equal(await statusOf('GET', (token) => ({ authorization: 'Bearer garbage', cookie: `sAccessToken=${token}` })), 200, 'as in the service, what is no token is not there')
  t.equal(await statusOf('GET', (token) => ({ cookie: [`sAccessToken=${token}`, `sAccessToken=${other}`] })), 401)
  t.equal(await statusOf('GET', (token) => ({ authorization: [`Bearer ${token}`, `Bearer ${other}`] })), 401)
  t.equal(await statusOf('GET', (token) => ({ authorization: `Bearer ${token}`, Authorization: `Bearer ${other}` })), 401, 'as API Gateway passes it on')
  t.equal(await statusOf('GET', (token) => new Headers([['authorization', `Bearer ${token}`], ['authorization', `Bearer ${other}`]])), 401)
  t.equal(await statusOf('GET', (token) => ({ AUTHORIZATION: `Bearer ${token}` })), 200)
})

t.test('attack: a WebSocket that another website opens', async (t) => {
  const options = { websiteDomains: ['https://www.example.com'] }
  const handshake = (origin?: string) => (token: string) => ({ cookie: `sAccessToken=${token}`, upgrade: 'WebSocket', ...(origin !== undefined && { origin }) })
  t.equal(await statusOf('GET', handshake('https://www.example.com'), options), 200)
  t.equal(await statusOf('GET', handshake('https://evil.example'), options), 403)
  t.equal(await statusOf('GET', handshake(), options), 403)
  t.equal(await statusOf('GET', handshake('https://www.example.com')), 403, 'no website is known unless it is named')
  t.equal(await statusOf('GET', (token) => ({ cookie: `sAccessToken=${token}`, origin: 'https://evil.example' }), options, true), 403, 'where the adapter says what it is')
  t.equal(await statusOf('GET', (token) => ({ authorization: `Bearer ${token}`, upgrade: 'websocket' }), options), 200)
})

t.test('whatever a token says and a request carries, there is a decision, and no error', async () => {
  const { verifier, token } = startVerifier([KEY])
  const verify = verifier.requiring({ maxAge: '5m', factors: ['sms'], roles: ['admin'], permissions: ['write'] })
  const claim = fc.oneof(fc.jsonValue(), fc.record({ v: fc.jsonValue(), t: fc.jsonValue(), c: fc.jsonValue() }))
  const claims = fc.record({ '2fa-completed': claim, 'st-mfa': claim, 'st-role': claim, 'st-perm': claim, antiCsrfToken: fc.jsonValue(), nbf: fc.jsonValue(), iss: fc.jsonValue() }, { requiredKeys: [] })
  const value = fc.oneof(fc.string(), fc.constantFrom('Bearer ', 'Bearer .', 'Bearer ..', 'sAccessToken=..', 'sAccessToken=%', '%=%;;=;', '__proto__=a', 'Bearer e30.e30.e30', 'Bearer bnVsbA.bnVsbA.bnVsbA'))
  const headers = fc.dictionary(fc.constantFrom('authorization', 'Cookie', 'cookie', 'rid', 'upgrade', 'origin', 'get'), value)
  await fc.assert(fc.asyncProperty(claims, headers, fc.boolean(), async (claims, headers, withToken) => {
    const decision = await verify({ method: 'GET', headers: withToken ? { ...headers, authorization: `Bearer ${token(KEY, claims as Payload)}` } : headers })
    return !decision.admitted && [401, 403].includes(decision.status)
  }), { numRuns: 300, seed: 7 })
})
