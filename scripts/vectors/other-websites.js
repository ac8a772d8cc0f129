import { absent, admit, bearer, cookie, invalid, refused, session, token, vector } from './tokens.js'

const alice = token()
const rid = { rid: 'anti-csrf' }
const noRid = invalid('another website cannot add the header rid')
const noAntiCsrf = invalid('the header anti-csrf is not what is in the token')
const post = { method: 'POST' }
const byToken = (method) => ({ method, service: { antiCsrf: 'VIA_TOKEN' } })
const none = { service: { antiCsrf: 'NONE' } }
const socket = { connection: 'Upgrade', upgrade: 'websocket' }
const foreign = { decision: '403', code: 'AUTH_ORIGIN_REFUSED', reason: 'another website opens a WebSocket with the user\'s cookies (RFC 6455, 10.2)' }

export const about = 'Requests that another website sends with the user\'s cookies. https://shop.example is ours.'

export const cases = [
  vector('VIA_CUSTOM_HEADER: GET without the header', cookie(alice), admit('alice', 'GET changes nothing')),
  vector('VIA_CUSTOM_HEADER: POST without the header', cookie(alice), noRid, post),
  vector('VIA_CUSTOM_HEADER: POST with the header', { ...cookie(alice), ...rid }, admit(), post),
  vector('VIA_CUSTOM_HEADER: POST with the header empty', { ...cookie(alice), rid: '' }, admit('alice', 'that it is there is enough'), post),
  vector('VIA_CUSTOM_HEADER: POST with the other header', { ...cookie(alice), 'anti-csrf': 'right' }, noRid, post),
  vector('VIA_CUSTOM_HEADER: POST with a token in the header', bearer(alice), admit('alice', 'no website can add a token'), post),
  vector('VIA_CUSTOM_HEADER: POST with both, the header comes first', { ...bearer(alice), ...cookie(alice) }, admit(), post),
  vector('VIA_CUSTOM_HEADER: POST with no token behind Bearer', { authorization: 'Bearer x', ...cookie(alice) }, noRid, post),
  vector('VIA_CUSTOM_HEADER: PUT without the header', cookie(alice), noRid, { method: 'PUT' }),
  vector('VIA_CUSTOM_HEADER: PATCH without the header', cookie(alice), noRid, { method: 'PATCH' }),
  vector('VIA_CUSTOM_HEADER: DELETE without the header', cookie(alice), noRid, { method: 'DELETE' }),
  vector('VIA_CUSTOM_HEADER: HEAD without the header', cookie(alice), refused('every method but GET is checked'), { method: 'HEAD' }),
  vector('VIA_CUSTOM_HEADER: OPTIONS without the header', cookie(alice), noRid, { method: 'OPTIONS' }),
  vector('VIA_CUSTOM_HEADER: another method in a header', { ...cookie(alice), 'x-http-method-override': 'GET' }, noRid, post),
  vector('POST without a token', rid, absent('there is no token'), post),
  vector('OPTIONS without a token', {}, absent('every method needs a session'), { method: 'OPTIONS' }),
  vector('VIA_TOKEN: GET without the header', cookie(alice), admit(), byToken('GET')),
  vector('VIA_TOKEN: POST without the header', cookie(alice), noAntiCsrf, byToken('POST')),
  vector('VIA_TOKEN: POST with the right value', { ...cookie(alice), 'anti-csrf': 'right' }, admit(), byToken('POST')),
  vector('VIA_TOKEN: POST with another value', { ...cookie(alice), 'anti-csrf': 'wrong' }, noAntiCsrf, byToken('POST')),
  vector('VIA_TOKEN: POST with the beginning of the value', { ...cookie(alice), 'anti-csrf': 'righ' }, noAntiCsrf, byToken('POST')),
  vector('VIA_TOKEN: POST with rid alone', { ...cookie(alice), ...rid }, noAntiCsrf, byToken('POST')),
  vector('VIA_TOKEN: POST where the token has no value', { ...cookie(token(session('alice', { antiCsrfToken: null }))), 'anti-csrf': 'null' }, noAntiCsrf, byToken('POST')),
  vector('VIA_TOKEN: POST where neither has a value', cookie(token(session('alice', { antiCsrfToken: null }))), noAntiCsrf, byToken('POST')),
  vector('VIA_TOKEN: POST with a token in the header', bearer(alice), admit(), byToken('POST')),
  vector('NONE: POST with a cookie', cookie(alice), admit('alice', 'SameSite keeps other websites out'), { ...none, ...post }),
  vector('NONE: POST without a token', {}, absent('there is no token'), { ...none, ...post }),
  vector('a WebSocket from our website', { ...cookie(alice), ...socket, origin: 'https://shop.example' }, admit()),
  vector('a WebSocket from another website', { ...cookie(alice), ...socket, origin: 'https://evil.example' }, foreign),
  vector('a WebSocket from a website that begins as ours', { ...cookie(alice), ...socket, origin: 'https://shop.example.evil.example' }, foreign),
  vector('a WebSocket from a sandboxed page', { ...cookie(alice), ...socket, origin: 'null' }, foreign),
  vector('a WebSocket without an origin', { ...cookie(alice), ...socket }, foreign),
  vector('a WebSocket without an origin, and a token in the header', { ...bearer(alice), ...socket }, admit('alice', 'no page can add a token'))
]
