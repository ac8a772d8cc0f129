import type { Operations } from '../operation.js'
import { exactly, listOf, mapOf, ok, refusal, sessionAnswers, text, time } from '../schemas.js'

const key = { type: 'object', properties: { kty: text, kid: text, alg: text, use: text, n: text, e: text }, required: ['kty', 'kid', 'alg'] }

export const SESSION: Operations = {
  'POST /session/refresh': {
    tag: 'Session',
    summary: 'Exchanges the refresh token for new tokens, in cookies or in the headers st-access-token and st-refresh-token',
    description: 'With a message, the request had several session cookies of one name. The answer deletes the others: refresh once more.',
    answers: { 200: exactly({}, { message: text }), 401: refusal }
  },
  'POST /signout': { tag: 'Session', summary: 'Ends the session', answers: { 200: ok(), 401: refusal } },
  'GET /jwt/jwks.json': {
    tag: 'Session',
    summary: 'The public keys of access tokens (RFC 7517)',
    answers: { 200: exactly({ keys: listOf(key) }) },
    session: 'none'
  },
  'GET /sessioninfo': {
    tag: 'Session',
    summary: 'What the access token says. Needs the second factor',
    answers: { 200: exactly({ sessionHandle: text, userId: text, accessTokenPayload: mapOf({}) }), ...sessionAnswers }
  },
  'GET /me': {
    tag: 'Session',
    summary: 'Who has signed in. Needs the second factor',
    answers: { 200: exactly({ userId: text, tenantId: text, emails: listOf(text) }, { phoneNumber: text, phoneNumberHint: text, timeJoined: time }), ...sessionAnswers }
  }
}
