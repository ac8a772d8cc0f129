import t from 'tap'
import { SecondFactorClaim } from '../../src/second-factor/claims.js'
import { createTokenVerifier, INVALID } from '../../src/session/new-token.js'
import { createKeySet } from '../../src/session/key-set.js'
import { SdkSession } from '../../src/supertokens/sdk-internals.js'
import { mint, newKey, type Payload } from './scripted-core.js'

const NOW = 1e12
const KEY = newKey('d-1')
const PAYLOAD = {
  iat: NOW / 1000 - 10,
  exp: NOW / 1000 + 100,
  sub: 'user',
  rsub: 'recipe-user',
  tId: 'public',
  sessionHandle: 'handle',
  refreshTokenHash1: 'hash',
  parentRefreshTokenHash1: null,
  antiCsrfToken: 'anti',
  '2fa-completed': { v: true, t: NOW - 5000 }
}

const sdkSession = (token: string) => new SdkSession({} as never, token, 'front', undefined, undefined, 'handle', 'user', {} as never, {}, undefined, false, 'public')

/** A verifier that has learnt the header of a token, of the Core's usual form unless another is given. */
async function build ({ header = {}, load }: { header?: Payload, load?: () => Promise<never> } = {}) {
  const jwks = { keys: [{ ...KEY.publicKey.export({ format: 'jwk' }), kid: KEY.kid, alg: 'RS256', use: 'sig' }] }
  let now = NOW
  const keys = createKeySet({ now: () => now, load: load ?? (async () => jwks) })
  await keys.keyFor({ alg: 'RS256', kid: 'd-1' }, { payload: '', signature: '' }).catch(() => {})
  const verifier = createTokenVerifier(SecondFactorClaim, () => keys)
  const token = mint(KEY, PAYLOAD, header)
  await verifier.learn(token, sdkSession(token))
  return {
    verify: (other: string, time = NOW) => verifier.verify(other, time),
    pass (milliseconds: number) { now += milliseconds }
  }
}

t.test('a token whose header is known is verified at once', async (t) => {
  const { verify } = await build()
  const token = mint(KEY, { ...PAYLOAD, sub: 'other' })
  const verified = verify(token)
  t.match(verified, { token, handle: 'handle', expiresAt: NOW + 100_000, antiCsrfToken: 'anti', secondFactor: true, secondFactorAt: NOW - 5000 })
  if (typeof verified !== 'object') return
  const session = verified.cloneSession('csrf')
  t.strictSame([session.getUserId(), session.getRecipeUserId().getAsString(), session.getTenantId(), session.getHandle()], ['other', 'recipe-user', 'public', 'handle'])
  t.strictSame(session.getAccessTokenPayload(), { ...PAYLOAD, sub: 'other' })
  t.throws(() => { session.getAccessTokenPayload()['2fa-completed'].v = false }, TypeError, 'the shared payload is frozen')
  const { frontToken, ...tokens } = session.getAllSessionTokensDangerously()
  t.strictSame(tokens, { accessToken: token, refreshToken: undefined, antiCsrfToken: 'csrf', accessAndFrontTokenUpdated: false })
  t.strictSame(JSON.parse(Buffer.from(frontToken, 'base64').toString()), { uid: 'other', ate: NOW + 100_000, up: { ...PAYLOAD, sub: 'other' } })
  t.not(verified.cloneSession('csrf'), session)
})

t.test('attack: what was not signed with the key of its header is invalid', async (t) => {
  const { verify } = await build()
  const [header, payload, signature] = mint(KEY, PAYLOAD).split('.') as [string, string, string]
  const [, other] = mint(KEY, { ...PAYLOAD, sub: 'victim' }).split('.') as [string, string]
  t.equal(verify(`${header}.${other}.${signature}`), INVALID, 'another payload')
  t.equal(verify(mint(newKey('d-1'), PAYLOAD)), INVALID, 'another key of this name')
  t.equal(verify(`${header}.${payload}.${signature.slice(0, -2)}`), INVALID, 'a part of the signature')
  t.equal(verify(`${header}.${payload}.AAAA`), INVALID)
})

t.test('an expired token is invalid, whoever has signed it', async (t) => {
  const { verify } = await build()
  const token = mint(KEY, PAYLOAD)
  t.type(verify(token, NOW + 99_999), 'object')
  t.equal(verify(token, NOW + 100_000), INVALID)
  const odd = mint(KEY, { ...PAYLOAD, exp: PAYLOAD.exp + 0.5 })
  t.equal(verify(odd, NOW + 100_200), undefined, 'within a second, the SDK decides')
  t.equal(verify(odd, NOW + 101_000), INVALID)
})

t.test('everything unusual is left to the SDK', async (t) => {
  const { verify } = await build()
  const payloads: Record<string, Payload | string> = {
    'a token that the Core must confirm': { ...PAYLOAD, parentRefreshTokenHash1: 'hash' },
    'an empty parent': { ...PAYLOAD, parentRefreshTokenHash1: '' },
    'a beginning': { ...PAYLOAD, nbf: 0 },
    'another type': { ...PAYLOAD, stt: 1 },
    'a list': '[]',
    nothing: 'null',
    'no JSON': '{',
    'a byte order mark': `\ufeff${JSON.stringify(PAYLOAD)}`
  }
  for (const name of ['sub', 'rsub', 'tId', 'sessionHandle', 'refreshTokenHash1', 'iat', 'exp']) {
    payloads[`no ${name}`] = { ...PAYLOAD, [name]: undefined }
    payloads[`an odd ${name}`] = { ...PAYLOAD, [name]: true }
  }
  for (const name of ['sub', 'rsub', 'tId', 'sessionHandle']) payloads[`a padded ${name}`] = { ...PAYLOAD, [name]: ' padded' }
  for (const [name, payload] of Object.entries(payloads)) t.equal(verify(mint(KEY, payload)), undefined, name)

  const token = mint(KEY, PAYLOAD)
  for (const odd of [`${token}=`, `${token}.x`, `${token} `, token.replace('.', '.%'), token.split('.').slice(0, 2).join('.'), 'garbage', '']) t.equal(verify(odd), undefined, odd)
  t.equal(verify(mint(KEY, PAYLOAD, { x: 1 })), undefined, 'another header')
})

t.test('attack: a header that was not seen on an accepted token chooses neither key nor algorithm', async (t) => {
  const { verify } = await build()
  for (const header of [{ alg: 'none' }, { alg: 'HS256' }, { alg: 'RS512' }, { kid: 'd-2' }, { version: '3' }, { typ: 'at+jwt' }, { jwk: {} }]) {
    t.equal(verify(mint(KEY, PAYLOAD, header)), undefined, JSON.stringify(header))
  }
})

t.test('only headers as today\'s Cores write them are learnt', async (t) => {
  for (const header of [{ alg: 'RS512' }, { version: '3' }, { version: '6' }, { crit: ['b64'], b64: true }]) {
    const { verify } = await build({ header })
    t.equal(verify(mint(KEY, PAYLOAD, header)), undefined, JSON.stringify(header))
  }
})

t.test('without keys that are fresh, the SDK decides', async (t) => {
  const { verify, pass } = await build()
  pass(5 * 60_000)
  t.equal(verify(mint(KEY, PAYLOAD)), undefined)
  t.equal((await build({ load: async () => { throw new Error('away') } })).verify(mint(KEY, PAYLOAD)), undefined)
  const before = createTokenVerifier(SecondFactorClaim, () => undefined)
  await before.learn(mint(KEY, PAYLOAD), sdkSession(''))
  t.equal(before.verify(mint(KEY, PAYLOAD), NOW), undefined)
})
