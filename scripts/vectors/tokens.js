/** Tokens for the test vectors. Everything is fixed, so that the same script writes the same files. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Noon of the day on which all of it happens. */
export const START = Date.UTC(2030, 0, 1, 12)
export const SECONDS = START / 1000

const { keys } = JSON.parse(readFileSync(new URL('test-keys.json', import.meta.url), 'utf8'))

export const KEYS = Object.fromEntries(keys.map(({ kid, ...jwk }) => {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return [kid, { kid, privateKey, publicKey: createPublicKey(privateKey) }]
}))

/** What the service publishes: two keys for sessions, and one for other JWTs. */
export const PUBLISHED = ['d-1', 'd-2', 's-1'].map((kid) => {
  const { n, e } = KEYS[kid].publicKey.export({ format: 'jwk' })
  return { kty: 'RSA', kid, n, e, alg: 'RS256', use: 'sig' }
})

export const encode = (part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

export const HEADER = { kid: 'd-1', typ: 'JWT', version: '5', alg: 'RS256' }

/** Puts a token together from parts of any kind. `signer` gets what is signed, and says with which bytes it is. */
export function assemble (header, payload, signer) {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${signer(signed).toString('base64url')}`
}

const rs256 = (kid) => (signed) => sign('RSA-SHA256', Buffer.from(signed), KEYS[kid].privateKey)

/** A token as the Core signs it. A text is a part as it is. */
export function token (payload = session('alice'), header = HEADER, kid = 'd-1') {
  return assemble(header, payload, rs256(kid))
}

/** The payload of a session whose second factor passed a minute ago. `undefined` takes a field away. */
export function session (user, fields = {}) {
  return {
    iat: SECONDS - 600,
    exp: SECONDS + 3000,
    sub: user,
    rsub: user,
    tId: 'public',
    sessionHandle: `session-of-${user}`,
    refreshTokenHash1: 'a'.repeat(64),
    parentRefreshTokenHash1: null,
    antiCsrfToken: 'right',
    iss: 'https://api.shop.example/auth',
    '2fa-completed': { v: true, t: START - 60_000 },
    'st-ev': { v: true, t: START - 600_000 },
    'st-mfa': { c: { emailpassword: SECONDS - 90, 'otp-phone': SECONDS - 60 }, v: true },
    amr: ['pwd', 'otp', 'sms', 'mfa'],
    acr: 'urn:fastify-2fa:sms',
    'st-role': { v: ['user'], t: START - 60_000 },
    'st-perm': { v: ['posts:read'], t: START - 60_000 },
    ...fields
  }
}

/** The fields of a session whose first factor alone has passed. */
export const UNFINISHED = { '2fa-completed': { v: false, t: START - 60_000 }, 'st-mfa': { c: { emailpassword: SECONDS - 90 }, v: false }, amr: ['pwd'], acr: undefined }

export const bearer = (jwt) => ({ authorization: `Bearer ${jwt}` })
export const cookie = (jwt) => ({ cookie: `sAccessToken=${jwt}` })

/** Expected decisions. `reason` is for people. */
export const admit = (user = 'alice', reason = undefined) => ({ decision: 'admit', user, ...(reason && { reason }) })
/** The token is there and not valid: a refresh brings a better one. */
export const invalid = (reason) => ({ decision: '401', message: 'try refresh token', reason })
/** There is no token, or nothing that looks like one. */
export const absent = (reason) => ({ decision: '401', message: 'unauthorised', reason })
/** Refused, and both messages do. */
export const refused = (reason) => ({ decision: '401', reason })
export const lacking = (id, claimReason, reason) => ({ decision: '403', message: 'invalid claim', claim: { id, reason: claimReason }, reason })

/** One case; what it does not say is as usual. */
export function vector (name, headers, expected, { method = 'GET', clock = START, service = {}, requirement = {}, core } = {}) {
  return {
    name,
    clock,
    service: { claim: '2fa-completed', transferMethod: 'any', antiCsrf: 'VIA_CUSTOM_HEADER', ...service },
    request: { method, headers },
    requirement,
    ...(core && { core }),
    expected
  }
}
