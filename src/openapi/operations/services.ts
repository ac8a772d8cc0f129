import type { Operations } from '../operation.js'
import { constant, count, exactly, flag, listOf, mapOf, oneOf, refusal, text } from '../schemas.js'

/** Seconds since 1970, as in tokens. */
const seconds = { type: 'integer', minimum: 0, description: 'Seconds since 1970' }

/** RFC 6749, section 5.2, with our message and code. */
const clientRefusal = exactly({ error: text, message: text }, { code: text })
const refusals = { 400: clientRefusal, 401: clientRefusal, 429: clientRefusal, 503: clientRefusal } as const

const active = exactly(
  {
    active: { const: true },
    token_type: constant('Bearer'),
    sub: text,
    exp: seconds,
    iat: seconds,
    sid: text,
    tenant_id: text,
    second_factor: flag,
    roles: listOf(text),
    scope: text
  },
  { iss: text, acr: text, amr: listOf(text), auth_time: seconds }
)

const receipt = {
  tag: 'Other services',
  summary: 'What an SMS provider reports about a message, at an address that only it knows',
  answers: { 204: 'It is taken in, or was before', 404: refusal },
  session: 'none'
} as const

/** For other services. Each has a key of its own. */
export const SERVICES: Operations = {
  'POST /introspect': {
    tag: 'Other services',
    summary: 'What an access token stands for (RFC 7662)',
    consumes: 'application/x-www-form-urlencoded',
    body: { type: 'object', properties: { token: text, token_type_hint: text, second_factor: { enum: ['required', 'optional'] } }, required: ['token'] },
    answers: { 200: oneOf(active, exactly({ active: { const: false } })), ...refusals },
    session: 'client'
  },
  'GET /events': {
    tag: 'Other services',
    summary: 'Sessions that end, as a stream of events. Goes on after the event that Last-Event-ID names',
    answers: { 200: { media: 'text/event-stream', description: 'Events of the type session-revoked' }, ...refusals },
    session: 'client'
  },
  'POST /events/poll': {
    tag: 'Other services',
    summary: 'The same as security event tokens (RFC 8936)',
    body: { type: 'object', properties: { maxEvents: count, returnImmediately: flag, ack: listOf(text), setErrs: mapOf({ type: 'object' }) } },
    answers: { 200: exactly({ sets: mapOf(text), moreAvailable: flag }), ...refusals },
    session: 'client'
  },
  'GET /sms/receipts/{provider}/{receipt}': receipt,
  'POST /sms/receipts/{provider}/{receipt}': receipt,
  'GET /fastify-2fa/jwks.json': {
    tag: 'Other services',
    summary: 'The public keys of what the service signs itself: assertions, and security event tokens (RFC 7517)',
    answers: { 200: { media: 'application/jwk-set+json', description: 'A set of keys' } },
    session: 'none'
  }
}
