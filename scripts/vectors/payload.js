import { absent, admit, bearer, cookie, encode, HEADER, invalid, lacking, refused, session, SECONDS, START, token, UNFINISHED, vector } from './tokens.js'

const withFields = (fields) => bearer(token(session('alice', fields)))
const text = (payload) => bearer(token(payload))
const json = JSON.stringify(session('alice'))
const noToken = absent('it does not look like an access token')
const parent = { parentRefreshTokenHash1: 'b'.repeat(64) }
const expired = invalid('it has expired, and no clock skew is allowed for')

export const about = 'What is in the token, but for its claims: times, users, kinds of tokens.'

export const cases = [
  vector('a second before it expires', withFields({ exp: SECONDS + 1 }), admit()),
  vector('a millisecond before it expires', withFields({ exp: SECONDS + 1 }), admit(), { clock: START + 999 }),
  vector('the second in which it expires', withFields({ exp: SECONDS }), expired),
  vector('the millisecond in which it expires', withFields({ exp: SECONDS + 1 }), expired, { clock: START + 1000 }),
  vector('a second after it has expired', withFields({ exp: SECONDS - 1 }), expired),
  vector('expired, in the cookie', cookie(token(session('alice', { exp: SECONDS - 1 }))), expired),
  vector('it never expires', withFields({ exp: undefined }), noToken),
  vector('a text as exp', withFields({ exp: String(SECONDS + 3000) }), noToken),
  vector('null as exp', withFields({ exp: null }), noToken),
  vector('true as exp', withFields({ exp: true }), noToken),
  vector('exp in another case', withFields({ exp: undefined, Exp: SECONDS + 3000 }), noToken),
  vector('exp once more in another case', withFields({ EXP: SECONDS - 1 }), admit('alice', 'names are case-sensitive')),
  vector('exp twice, the past last', text(json.replace(/}$/, `,"exp":${SECONDS - 1}}`)), invalid('of a name that is there twice the last one counts')),
  vector('issued in the future', withFields({ iat: SECONDS + 60 }), admit('alice', 'iat is not compared with the clock')),
  vector('no iat', withFields({ iat: undefined }), noToken),
  vector('not valid yet', withFields({ nbf: SECONDS + 1 }), invalid('nbf is in the future')),
  vector('valid from now on', withFields({ nbf: SECONDS }), admit()),
  vector('a text as nbf', withFields({ nbf: 'now' }), invalid('nbf is a number')),
  vector('an OAuth token of the same Core', withFields({ stt: 1 }), absent('stt is 0, or not there')),
  vector('false as the kind', withFields({ stt: false }), absent('false is not the number 0')),
  vector('the kind is said', withFields({ stt: 0 }), admit()),
  vector('no user', withFields({ sub: undefined }), noToken),
  vector('a number as the user', withFields({ sub: 5 }), noToken),
  vector('no recipe user', withFields({ rsub: undefined }), noToken),
  vector('no session', withFields({ sessionHandle: undefined }), noToken),
  vector('no hash of a refresh token, as in JWTs of other kinds', withFields({ refreshTokenHash1: undefined }), noToken),
  vector('another issuer and audience', withFields({ iss: 'https://other.example', aud: 'other' }), admit('alice', 'keys say who signed')),
  vector('another tenant', withFields({ tId: 'customer1' }), admit('alice', 'which tenants may do what is yours to say')),
  vector('a user outside of ASCII', bearer(token(session('ålice 😀 "x"'))), admit('ålice 😀 "x"')),
  vector('white space in the payload', text(`\n${JSON.stringify(session('alice'), null, 2)}\n `), admit()),
  vector('a byte order mark', text(`\ufeff${json}`), noToken),
  vector('something behind the payload', text(`${json}{}`), noToken),
  vector('a list as the payload', text('[]'), noToken),
  vector('null as the payload', text('null'), noToken),
  vector('a text as the payload', text('"alice"'), noToken),
  vector('a payload that is not JSON', text(`${json.slice(0, -1)},}`), noToken),
  vector('NaN in the payload', text(json.replace(/}$/, ',"x":NaN}')), noToken),
  vector('a forged payload of lists in lists', bearer(`${encode(HEADER)}.${encode(json.replace(/}$/, `,"x":${'['.repeat(3000)}${']'.repeat(3000)}}`))}.${token().split('.')[2]}`), refused('the signature is wrong, and reading it must not fail')),
  vector('a payload of 8 kB', withFields({ basket: 'x'.repeat(6000) }), admit()),

  vector('the first token after a refresh, confirmed by the Core', withFields(parent), admit('alice', 'only the Core can confirm it'), { core: 'confirms' }),
  vector('the first token after a refresh, in the cookie', cookie(token(session('alice', parent))), admit(), { core: 'confirms' }),
  vector('the first token after a refresh of a session that has ended', bearer(token(session('gone', parent))), absent('the Core does not confirm it'), { core: 'refuses' }),
  vector('the first token after a refresh, without the second factor', withFields({ ...parent, ...UNFINISHED }), lacking('2fa-completed', { message: 'wrong value' }, 'the Core confirms the session, not its claims'), { core: 'confirms' }),
  vector('the first token after a refresh, expired', withFields({ ...parent, exp: SECONDS - 1 }), expired),
  vector('the first token after a refresh, forged', bearer(`${encode(HEADER)}.${encode(session('alice', parent))}.${token().split('.')[2]}`), invalid('the signature comes before the question')),
  vector('an empty hash of the refresh token before', withFields({ parentRefreshTokenHash1: '' }), admit('alice', 'anything but null has to be confirmed'), { core: 'confirms' }),
  vector('an empty hash of the refresh token before, of a session that has ended', bearer(token(session('gone', { parentRefreshTokenHash1: '' }))), absent('anything but null has to be confirmed'), { core: 'refuses' })
]
