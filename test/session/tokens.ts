import { createHmac, sign } from 'node:crypto'
import { mint, newKey, type Payload, type ScriptedCore, type SigningKey } from './scripted-core.js'

/** Noon of a day on which all of this happens. */
export const START = Date.UTC(2030, 0, 1, 12)

const ANTI_CSRF = 'right'

/** Those whose answer turns on the time or the request once they are known. */
export const INTERESTING = [
  'good', 'expiring', 'expiringMidSecond', 'refreshed', 'refreshedQuietly', 'aged', 'notYet', 'unfinished', 'unverifiedAddress', 'noAntiCsrf', 'spacedAntiCsrf', 'oddTime', 'otherTenant', 'admin', 'writer', 'nullRoles', 'byCode', 'byCodeAged'
]

/** Tokens by what is special about them. */
export function tokenKinds ({ key, issue }: ScriptedCore): Record<string, string> {
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
  const goodToken = issue(good)
  const [goodHeader, goodPayload, goodSignature] = goodToken.split('.') as [string, string, string]
  const admin = { 'st-role': { v: ['admin'], t: START }, 'st-perm': { v: [], t: START } }
  const other = issue({ ...base('victim'), ...passed() })

  return {
    good: goodToken,
    stranger: issue({ ...base('stranger'), ...passed() }),
    admin: issue({ ...base('admin'), ...passed(), ...admin }),
    writer: issue({ ...base('writer'), ...passed(), 'st-role': { v: ['user', 'admin'], t: START }, 'st-perm': { v: ['posts:read', 'posts:write'], t: START } }),
    oddRoles: issue({ ...base('odd-roles'), ...passed(), 'st-role': { v: 'admin', t: START }, 'st-perm': { v: 'posts:write', t: START } }),
    nullRoles: issue({ ...base('null-roles'), ...passed(), 'st-role': null, 'st-perm': { v: null } }),
    noAdmin: issue({ ...base('plain'), ...passed(), 'st-role': { v: ['user'], t: START } }),
    unfinished: issue({ ...base('unfinished'), '2fa-completed': { v: false, t: START } }),
    noClaim: issue(base('no-claim')),
    oddClaim: issue({ ...base('odd'), '2fa-completed': { v: 'true', t: START } }),
    nullClaim: issue({ ...base('null'), '2fa-completed': null }),
    oddTime: issue({ ...base('odd-time'), '2fa-completed': { v: true, t: 'yesterday' } }),
    noTime: issue({ ...base('no-time'), '2fa-completed': { v: true } }),
    aged: issue({ ...base('aged'), ...passed(START - 290_000) }),
    byCode: issue({ ...base('by-code'), ...passed(), 'st-mfa': { c: { emailpassword: seconds - 60, 'otp-phone': seconds - 1 }, v: true } }),
    byCodeAged: issue({ ...base('by-code-aged'), ...passed(), 'st-mfa': { c: { 'otp-phone': seconds - 290 }, v: true } }),
    byOther: issue({ ...base('by-other'), ...passed(), 'st-mfa': { c: { totp: seconds - 1 }, v: true } }),
    byCodeUnclaimed: issue({ ...base('unclaimed'), '2fa-completed': { v: false, t: START }, 'st-mfa': { c: { 'otp-phone': seconds - 1 }, v: true } }),
    oddMfa: issue({ ...base('odd-mfa'), ...passed(), 'st-mfa': { c: { 'otp-phone': 'now' }, v: true } }),
    nullMfa: issue({ ...base('null-mfa'), ...passed(), 'st-mfa': null }),
    otherTenant: issue({ ...base('tenant'), ...passed(), tId: 'other' }),
    noAntiCsrf: issue({ ...base('no-csrf'), ...passed(), antiCsrfToken: null }),
    spacedAntiCsrf: issue({ ...base('spaced'), ...passed(), antiCsrfToken: ' right' }),
    expired: issue({ ...base('expired'), ...passed(), exp: seconds - 1 }),
    expiring: issue({ ...base('expiring'), ...passed(), exp: seconds + 10 }),
    expiringMidSecond: issue({ ...base('mid'), ...passed(), exp: seconds + 10.5 }),
    refreshed: issue({ ...base('refreshed'), ...passed(), parentRefreshTokenHash1: 'b'.repeat(64) }),
    refreshedQuietly: issue({ ...base('quiet'), ...passed(), parentRefreshTokenHash1: 'b'.repeat(64) }),
    unverifiedAddress: issue({ ...base('unverified'), ...passed(), 'st-ev': { v: false, t: START + 3_600_000 } }),
    notYet: issue({ ...base('not-yet'), ...passed(), nbf: seconds + 15 }),
    wrongType: issue({ ...base('type'), ...passed(), stt: 1 }),
    noHandle: issue({ ...base('handle'), ...passed(), sessionHandle: undefined }),
    version3: issue({ ...base('three'), ...passed() }, { version: '3' }),
    version2: issue({ ...base('two'), ...passed() }, { version: '2', kid: undefined }),
    staticKey: mint({ ...key, kid: 's-1' }, good),
    unknownKey: mint({ ...newKey('d-1'), kid: 'd-2' }, good),
    foreignKey: mint(newKey('d-1'), good),
    embeddedKey: embeddedKey(good),
    extraField: mint(key, good, { x: 1 }),
    criticalField: mint(key, good, { crit: ['exp'], exp: 1 }),
    encodedPayload: mint(key, good, { crit: ['b64'], b64: true }),
    otherType: mint(key, good, { typ: 'at+jwt' }),
    numericVersion: mint(key, good, { version: 5 }),
    nextVersion: mint(key, good, { version: '6' }),
    rs512: rs512(key, goodPayload),
    byteOrderMark: mint(key, `\ufeff${JSON.stringify(good)}`),
    list: mint(key, '[]'),
    nothingInside: mint(key, 'null'),
    spacedUser: issue({ ...base('spaced-user'), ...passed(), sub: ' spaced-user' }),
    spacedHandle: issue({ ...base('spaced-handle'), ...passed(), sessionHandle: 'handle ' }),
    numericUser: issue({ ...base('numeric'), ...passed(), sub: 5 }),
    noRecipeUser: issue({ ...base('no-recipe-user'), ...passed(), rsub: undefined }),
    noTenant: issue({ ...base('no-tenant'), ...passed(), tId: undefined }),
    noRefreshHash: issue({ ...base('no-hash'), ...passed(), refreshTokenHash1: undefined }),
    textExpiry: issue({ ...base('text-expiry'), ...passed(), exp: String(seconds + 3000) }),
    textBirth: issue({ ...base('text-birth'), ...passed(), iat: String(seconds) }),
    nullNotBefore: issue({ ...base('null-nbf'), ...passed(), nbf: null }),
    emptyParent: issue({ ...base('quiet'), ...passed(), parentRefreshTokenHash1: '' }),
    numericParent: issue({ ...base('numeric-parent'), ...passed(), parentRefreshTokenHash1: 5 }),
    sessionType: issue({ ...base('session-type'), ...passed(), stt: 0 }),
    expiredForged: `${goodHeader}.${Buffer.from(JSON.stringify({ ...good, exp: seconds - 1 })).toString('base64url')}.${goodSignature}`,
    none: `${goodHeader.replace(goodHeader, Buffer.from(JSON.stringify({ kid: key.kid, typ: 'JWT', version: '5', alg: 'none' })).toString('base64url'))}.${goodPayload}.`,
    hs256: hs256(key.kid, key.publicKey.export({ type: 'spki', format: 'pem' }) as string, goodPayload),
    swappedPayload: `${goodHeader}.${other.split('.')[1]}.${goodSignature}`,
    cutSignature: goodToken.slice(0, -1),
    tailOnly: `${goodHeader}.${other.split('.')[1]}.${'A'.repeat(goodSignature.length - 43)}${goodSignature.slice(-43)}`,
    junkSignature: `${goodToken}%41`,
    paddedSignature: `${goodToken}=`,
    dotted: `${goodToken}.x`,
    garbage: 'garbage',
    parts: 'a.b.c',
    empty: ''
  }
}

/** Brings the key that verifies it. */
function embeddedKey (payload: Payload): string {
  const stranger = newKey('d-1')
  return mint(stranger, payload, { jwk: stranger.publicKey.export({ format: 'jwk' }) })
}

/** Signed by the Core's key, with an algorithm that the key is not for. */
function rs512 ({ kid, privateKey }: SigningKey, payload: string): string {
  const signed = `${Buffer.from(JSON.stringify({ kid, typ: 'JWT', version: '5', alg: 'RS512' })).toString('base64url')}.${payload}`
  return `${signed}.${sign('RSA-SHA512', Buffer.from(signed), privateKey).toString('base64url')}`
}

function hs256 (kid: string, secret: string, payload: string): string {
  const header = Buffer.from(JSON.stringify({ kid, typ: 'JWT', version: '5', alg: 'HS256' })).toString('base64url')
  return `${header}.${payload}.${createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')}`
}
