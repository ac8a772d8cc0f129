import { createHmac, sign } from 'node:crypto'
import t from 'tap'
import type { DemandOptions, VerifierOptions } from '../../src/verifier/index.js'
import { mint, newKey, type Payload } from '../session/scripted-core.js'
import { jwksOf, startVerifier } from './service.js'

const KEY = newKey('d-1')
const MINUTE = 60_000

/** What a token in a header gets: `in`, or the status and the message, with the claim that failed. */
async function outcome (options: Partial<VerifierOptions>, claims: Payload = {}, demand?: DemandOptions): Promise<string> {
  const { verifier, token } = startVerifier([KEY], options)
  const decision = await verifier.requiring(demand)({ method: 'GET', headers: { authorization: `Bearer ${token(KEY, claims)}` } })
  if (decision.admitted) return 'in'
  const failed = (decision.body.claimValidationErrors ?? []) as { id: string, reason: { message: string } }[]
  return [decision.status, decision.body.message, ...failed.map(({ id, reason }) => `${id} ${reason.message}`)].join(', ')
}

const NOW = startVerifier([KEY]).now()
const passed = (ago = 1000): Payload => ({ '2fa-completed': { v: true, t: NOW - ago } })

t.test('tells who the user is, and nobody can change it', async (t) => {
  const { verifier, token, now } = startVerifier([KEY])
  const headers = { authorization: `Bearer ${token(KEY, { rsub: 'alice-by-google', tId: 'shop', role: 'x' })}` }
  const decision = await verifier.verifyRequest({ method: 'GET', headers })
  t.match(decision, {
    admitted: true,
    transferMethod: 'header',
    session: { userId: 'alice', recipeUserId: 'alice-by-google', tenantId: 'shop', handle: 'session-of-alice', issuedAt: now() / 1000 - 60, expiresAt: now() / 1000 + 3000, payload: { role: 'x' } }
  })
  if (!decision.admitted) return
  const { session } = decision
  t.throws(() => { Object.assign(session, { userId: 'mallory' }) }, TypeError)
  t.throws(() => { Object.assign(session.payload['2fa-completed'] as object, { v: true }) }, TypeError)
})

t.test('asks for what it was told to', async (t) => {
  const cases: [string, Partial<VerifierOptions>, Payload, DemandOptions | undefined, string][] = [
    ['the second factor', {}, { '2fa-completed': { v: false, t: NOW } }, undefined, '403, invalid claim, 2fa-completed wrong value'],
    ['the other system\'s claim', { claim: 'phone-verified' }, {}, undefined, '403, invalid claim, phone-verified wrong value'],
    ['the other system\'s claim', { claim: 'phone-verified' }, { 'phone-verified': { v: true, t: NOW } }, undefined, 'in'],
    ['an age', { maxAge: '5m' }, passed(301_000), undefined, '403, invalid claim, 2fa-completed expired'],
    ['an age of a route, in place of the verifier\'s', { maxAge: '1h' }, passed(301_000), { maxAge: 300 }, '403, invalid claim, 2fa-completed expired'],
    ['an age of a route, in place of the verifier\'s', { maxAge: '1m' }, passed(61_000), { maxAge: '1h' }, 'in'],
    ['a factor', { factors: ['passkey'] }, { 'st-mfa': { c: { 'otp-phone': NOW / 1000 }, v: true } }, undefined, '403, invalid claim, 2fa-completed wrong factor'],
    ['a factor', { factors: ['passkey'] }, { 'st-mfa': { c: { webauthn: NOW / 1000 }, v: true } }, undefined, 'in'],
    ['a mailed code', { factors: ['email'] }, { 'st-mfa': { c: { 'otp-email': NOW / 1000 }, v: true } }, undefined, 'in'],
    ['a mailed link', { factors: ['email'] }, { 'st-mfa': { c: { 'link-email': NOW / 1000 }, v: true } }, undefined, 'in'],
    ['a factor that nobody has', { factors: ['pass-key'] }, { 'st-mfa': { c: { webauthn: NOW / 1000 }, v: true } }, undefined, '403, invalid claim, 2fa-completed wrong factor'],
    ['a known browser, where it will do', {}, { '2fa-completed': { v: false }, '2fa-known-browser': { v: NOW + MINUTE, t: NOW } }, { acceptKnownBrowser: true }, 'in'],
    ['a known browser, where it will not', {}, { '2fa-completed': { v: false }, '2fa-known-browser': { v: NOW + MINUTE, t: NOW } }, undefined, '403, invalid claim, 2fa-completed wrong value'],
    ['a browser that is not known any more', {}, { '2fa-completed': { v: false }, '2fa-known-browser': { v: NOW, t: NOW } }, { acceptKnownBrowser: true }, '403, invalid claim, 2fa-completed wrong value'],
    ['a verified address', { emailVerified: true }, {}, undefined, '403, invalid claim, st-ev wrong value'],
    ['a verified address', { emailVerified: true }, { 'st-ev': { v: true, t: 0 } }, undefined, 'in'],
    ['roles', { roles: ['admin'] }, { 'st-role': { v: ['user'], t: NOW } }, undefined, '403, invalid claim, st-role wrong value'],
    ['roles', { roles: ['admin'] }, {}, undefined, '403, invalid claim, st-role value does not exist'],
    ['roles', { roles: ['admin', 'user'] }, { 'st-role': { v: ['user', 'admin'], t: NOW } }, undefined, 'in'],
    ['permissions', {}, { 'st-perm': { v: 'write', t: NOW } }, { permissions: ['write'] }, '403, invalid claim, st-perm wrong value'],
    ['roles that are old, after a refresh', { roles: ['admin'] }, { 'st-role': { v: ['admin'], t: NOW - 300_001 } }, undefined, '401, try refresh token'],
    ['roles of the future', { roles: ['admin'] }, { 'st-role': { v: ['admin'], t: NOW + 300_001 } }, undefined, '401, try refresh token'],
    ['roles without a time', { roles: ['admin'] }, { 'st-role': { v: ['admin'] } }, undefined, '401, try refresh token'],
    ['roles of any age up to that', { roles: ['admin'], rolesMaxAge: '1h' }, { 'st-role': { v: ['admin'], t: NOW - 300_001 } }, undefined, 'in'],
    ['old roles that are too few', { roles: ['admin'] }, { 'st-role': { v: [], t: 0 } }, undefined, '403, invalid claim, st-role wrong value'],
    ['an issuer', { issuer: 'https://auth.example.com/auth' }, {}, undefined, 'in'],
    ['another issuer', { issuer: 'https://auth.example.com/other' }, {}, undefined, '401, try refresh token']
  ]
  for (const [what, options, claims, demand, expected] of cases) t.equal(await outcome(options, claims, demand), expected, what)
})

t.test('says as RFC 9470 does what would do', async (t) => {
  const { verifier, token } = startVerifier([KEY])
  const verify = verifier.requiring({ factors: ['passkey'], maxAge: '5m' })
  const challenge = 'Bearer error="insufficient_user_authentication", error_description="A second factor is needed"'
  t.match(await verify({ headers: { authorization: `Bearer ${token(KEY)}` } }), { headers: { 'www-authenticate': `${challenge}, acr_values="urn:fastify-2fa:passkey"` } })
  t.match(await verifier.requiring({ maxAge: 60 })({ headers: { authorization: `Bearer ${token(KEY, passed(61_000))}` } }), { headers: { 'www-authenticate': `${challenge}, max_age="60"` } })
  t.match(await verifier.requiring({ roles: ['admin'] })({ headers: { authorization: `Bearer ${token(KEY)}` } }), { status: 403, headers: {} })
})

t.test('a token that the Core has not seen in use is admitted unconfirmed, or refused', async (t) => {
  for (const parentRefreshTokenHash1 of ['b'.repeat(64), '']) {
    t.equal(await outcome({}, { parentRefreshTokenHash1 }), 'in', 'by default: the service told the client to use it')
    t.equal(await outcome({ unconfirmed: 'refuse' }, { parentRefreshTokenHash1 }), '401, try refresh token')
  }
  t.equal(await outcome({ unconfirmed: 'refuse' }), 'in')
})

t.test('a token is verified once a minute', async (t) => {
  const service = startVerifier([KEY])
  const token = service.token(KEY)
  t.equal(await service.statusOf(token), 200)
  // The key is taken away, and the verifier learns it.
  const successor = newKey('d-2')
  service.publish(successor)
  service.pass(5000)
  t.equal(await service.statusOf(service.token(successor)), 200)
  t.equal(await service.statusOf(service.token(KEY)), 401)
  service.pass(54_999)
  t.equal(await service.statusOf(token), 200, 'it was remembered')
  service.pass(1)
  t.equal(await service.statusOf(token), 401)
})

t.test('what is remembered can be forgotten', async (t) => {
  const service = startVerifier([KEY])
  const token = service.token(KEY)
  t.equal(await service.statusOf(token), 200)
  const successor = newKey('d-2')
  service.publish(successor)
  service.pass(5000)
  t.equal(await service.statusOf(service.token(successor)), 200)
  service.verifier.clear()
  t.equal(await service.statusOf(token), 401)
})

t.test('a token ends with its time, known or not, and its second factor too', async (t) => {
  const service = startVerifier([KEY])
  const token = service.token(KEY, { exp: service.now() / 1000 + 30 })
  const fresh = service.verifier.requiring({ maxAge: 20 })
  const statusOf = async (verify: typeof fresh): Promise<number> => {
    const decision = await verify({ headers: { authorization: `Bearer ${token}` } })
    return decision.admitted ? 200 : decision.status
  }
  t.equal(await statusOf(fresh), 200)
  service.pass(25_000)
  t.equal(await statusOf(fresh), 403)
  t.equal(await service.statusOf(token), 200)
  service.pass(5000)
  t.equal(await service.statusOf(token), 401)
})

t.test('a session that has ended is refused with the next request, also where its token is known', async (t) => {
  const ended = new Set<string>()
  const seen: unknown[] = []
  const service = startVerifier([KEY], { revocations: { isRevoked (session) { seen.push(session); return ended.has(session.handle) } } })
  const token = service.token(KEY)
  t.equal(await service.statusOf(token), 200)
  ended.add('session-of-alice')
  t.equal(await service.statusOf(token), 401)
  t.equal(await service.statusOf(service.token(KEY, { sessionHandle: 'another' })), 200)
  t.match(seen[0], { handle: 'session-of-alice', userId: 'alice', tenantId: 'public', issuedAt: service.now() / 1000 - 60 })
})

t.test('attack: a feed of revocations that fails, or answers with anything but false, admits nobody', async (t) => {
  t.equal(await outcome({ revocations: { isRevoked () { throw new Error('not connected') } } }), '503, The authentication service is not available at the moment. Please try again later.')
  t.equal(await outcome({ revocations: { isRevoked: (async () => false) as never } }), '401, try refresh token')
  t.equal(await outcome({ revocations: { isRevoked: (() => undefined) as never } }), '401, try refresh token')
})

t.test('attack: tokens that nobody has signed, or not for this', async (t) => {
  const service = startVerifier([KEY])
  const good = service.token(KEY)
  t.equal(await service.statusOf(good), 200)
  const [header, payload, signature] = good.split('.') as [string, string, string]
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const pem = KEY.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const hs256 = `${part({ kid: 'd-1', typ: 'JWT', version: '5', alg: 'HS256' })}.${payload}`
  const stranger = newKey('d-1')
  const attacks: Record<string, string> = {
    'no algorithm': `${part({ kid: 'd-1', typ: 'JWT', version: '5', alg: 'none' })}.${payload}.`,
    'no algorithm, and a signature': `${part({ kid: 'd-1', typ: 'JWT', version: '5', alg: 'none' })}.${payload}.${signature}`,
    'the public key as a secret': `${hs256}.${createHmac('sha256', pem).update(hs256).digest('base64url')}`,
    'another key of that name': service.token(stranger),
    'a key that it brings along': mint(stranger, JSON.parse(Buffer.from(payload, 'base64url').toString()) as Payload, { jwk: stranger.publicKey.export({ format: 'jwk' }) }),
    'a key at another address': mint(stranger, JSON.parse(Buffer.from(payload, 'base64url').toString()) as Payload, { jku: 'https://evil.example/keys' }),
    'another payload under a good signature': `${header}.${part({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()) as Payload, sub: 'victim' })}.${signature}`,
    'a key id that is a path': service.token({ ...stranger, kid: 'd-/../../evil' }),
    'a key id that is a name of every object': service.token({ ...stranger, kid: '__proto__' }),
    'expired long ago': service.token(KEY, { exp: 1 }),
    'not valid yet': service.token(KEY, { nbf: service.now() / 1000 + 60 }),
    'a token for OAuth clients': service.token(KEY, { stt: 1 }),
    'seventeen thousand letters': service.token(KEY, { long: 'x'.repeat(17_000) })
  }
  for (const [what, token] of Object.entries(attacks)) t.equal(await service.statusOf(token), 401, what)
})

t.test('attack: a token of the Core\'s static keys, which a host signs with any content', async (t) => {
  const fixed = newKey('s-1')
  const service = startVerifier([KEY, fixed])
  t.equal(await service.statusOf(service.token(fixed)), 401)
  t.equal(service.asked(), 0, 'nor is the service asked about it')
})

t.test('attack: an algorithm that the key is not for, where the key set names none', async (t) => {
  const service = startVerifier([KEY])
  service.answerWith(() => Response.json({ keys: jwksOf(KEY).keys.map(({ alg: _, ...jwk }) => jwk) }))
  const [, payload] = service.token(KEY).split('.') as [string, string]
  const signed = `${Buffer.from(JSON.stringify({ kid: 'd-1', typ: 'JWT', version: '5', alg: 'RS512' })).toString('base64url')}.${payload}`
  t.equal(await service.statusOf(`${signed}.${sign('RSA-SHA512', Buffer.from(signed), KEY.privateKey).toString('base64url')}`), 401)
  t.equal(await service.statusOf(service.token(KEY)), 200)
})

t.test('tokens that have expired, or are spelt otherwise, are not worth a question for keys', async (t) => {
  const service = startVerifier([KEY])
  t.equal(await service.statusOf(service.token(KEY, { exp: service.now() / 1000 - 1 })), 401)
  t.equal(await service.statusOf(`${service.token(KEY)}=`), 401)
  t.equal(service.asked(), 0)
})
