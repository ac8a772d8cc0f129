import { createHmac } from 'node:crypto'
import { mint, newKey, type Payload, type ScriptedCore } from './scripted-core.js'

/** Noon of a day on which all of this happens. */
export const START = Date.UTC(2030, 0, 1, 12)

const ANTI_CSRF = 'right'

/** Those whose answer turns on the time or the request once they are known. */
export const INTERESTING = [
  'good', 'expiring', 'expiringMidSecond', 'refreshed', 'refreshedQuietly', 'aged', 'notYet', 'unfinished', 'unverifiedAddress', 'noAntiCsrf', 'spacedAntiCsrf', 'oddTime', 'otherTenant'
]

/** Tokens by what is special about them. */
export function tokenKinds ({ key }: ScriptedCore): Record<string, string> {
  const seconds = START / 1000
  const verified = { 'st-ev': { v: true, t: START + 600_000 } }
  const passed = (t = START - 1000) => ({ '2fa-completed': { v: true, t } })
  const base = (user: string): Payload => ({
    iat: seconds - 600,
    exp: seconds + 3000,
    sub: user,
    rsub: user,
    tId: 'public',
    sessionHandle: `session-of-${user}`,
    refreshTokenHash1: 'a'.repeat(64),
    parentRefreshTokenHash1: null,
    antiCsrfToken: ANTI_CSRF,
    ...verified
  })
  const good = { ...base('good'), ...passed() }
  const goodToken = mint(key, good)
  const [goodHeader, goodPayload, goodSignature] = goodToken.split('.') as [string, string, string]
  const admin = { 'st-role': { v: ['admin'], t: START }, 'st-perm': { v: [], t: START } }
  const other = mint(key, { ...base('victim'), ...passed() })

  return {
    good: goodToken,
    stranger: mint(key, { ...base('stranger'), ...passed() }),
    admin: mint(key, { ...base('admin'), ...passed(), ...admin }),
    noAdmin: mint(key, { ...base('plain'), ...passed(), 'st-role': { v: ['user'], t: START } }),
    unfinished: mint(key, { ...base('unfinished'), '2fa-completed': { v: false, t: START } }),
    noClaim: mint(key, base('no-claim')),
    oddClaim: mint(key, { ...base('odd'), '2fa-completed': { v: 'true', t: START } }),
    nullClaim: mint(key, { ...base('null'), '2fa-completed': null }),
    oddTime: mint(key, { ...base('odd-time'), '2fa-completed': { v: true, t: 'yesterday' } }),
    noTime: mint(key, { ...base('no-time'), '2fa-completed': { v: true } }),
    aged: mint(key, { ...base('aged'), ...passed(START - 290_000) }),
    otherTenant: mint(key, { ...base('tenant'), ...passed(), tId: 'other' }),
    noAntiCsrf: mint(key, { ...base('no-csrf'), ...passed(), antiCsrfToken: null }),
    spacedAntiCsrf: mint(key, { ...base('spaced'), ...passed(), antiCsrfToken: ' right' }),
    expired: mint(key, { ...base('expired'), ...passed(), exp: seconds - 1 }),
    expiring: mint(key, { ...base('expiring'), ...passed(), exp: seconds + 10 }),
    expiringMidSecond: mint(key, { ...base('mid'), ...passed(), exp: seconds + 10.5 }),
    refreshed: mint(key, { ...base('refreshed'), ...passed(), parentRefreshTokenHash1: 'b'.repeat(64) }),
    refreshedQuietly: mint(key, { ...base('quiet'), ...passed(), parentRefreshTokenHash1: 'b'.repeat(64) }),
    unverifiedAddress: mint(key, { ...base('unverified'), ...passed(), 'st-ev': { v: false, t: START + 3_600_000 } }),
    notYet: mint(key, { ...base('not-yet'), ...passed(), nbf: seconds + 15 }),
    wrongType: mint(key, { ...base('type'), ...passed(), stt: 1 }),
    noHandle: mint(key, { ...base('handle'), ...passed(), sessionHandle: undefined }),
    version3: mint(key, { ...base('three'), ...passed() }, { version: '3' }),
    version2: mint(key, { ...base('two'), ...passed() }, { version: '2', kid: undefined }),
    staticKey: mint({ ...key, kid: 's-1' }, good),
    unknownKey: mint({ ...newKey('d-1'), kid: 'd-2' }, good),
    foreignKey: mint(newKey('d-1'), good),
    none: `${goodHeader.replace(goodHeader, Buffer.from(JSON.stringify({ kid: key.kid, typ: 'JWT', version: '5', alg: 'none' })).toString('base64url'))}.${goodPayload}.`,
    hs256: hs256(key.kid, key.publicKey.export({ type: 'spki', format: 'pem' }) as string, goodPayload),
    swappedPayload: `${goodHeader}.${other.split('.')[1]}.${goodSignature}`,
    cutSignature: goodToken.slice(0, -1),
    tailOnly: `${goodHeader}.${other.split('.')[1]}.${'A'.repeat(goodSignature.length - 43)}${goodSignature.slice(-43)}`,
    junkSignature: `${goodToken}%41`,
    dotted: `${goodToken}.x`,
    garbage: 'garbage',
    parts: 'a.b.c',
    empty: ''
  }
}

function hs256 (kid: string, secret: string, payload: string): string {
  const header = Buffer.from(JSON.stringify({ kid, typ: 'JWT', version: '5', alg: 'HS256' })).toString('base64url')
  return `${header}.${payload}.${createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')}`
}
