import { stepUpChallenge } from '../second-factor/demand.js'

/** Why one of SuperTokens' claims does not hold. */
export interface ClaimError {
  /** The claim's key. */
  id: string
  reason: object
}

/** What a request gets that is not admitted: as the guards of the service answer, and SuperTokens' frontends expect. */
export interface Refusal {
  readonly admitted: false
  readonly status: 401 | 403 | 503
  /** Beside the content type of JSON. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

function refusal (status: Refusal['status'], body: Refusal['body'], headers: Refusal['headers'] = {}): Refusal {
  return Object.freeze({ admitted: false, status, headers: Object.freeze(headers), body: Object.freeze(body) })
}

/** How long clients are told to wait, in seconds. */
const RETRY_AFTER = 5

export const UNAUTHORISED = refusal(401, { message: 'unauthorised' })
export const TRY_REFRESH_TOKEN = refusal(401, { message: 'try refresh token' })
export const ORIGIN_REFUSED = refusal(403, {
  statusCode: 403,
  code: 'AUTH_ORIGIN_REFUSED',
  error: 'Forbidden',
  message: 'a page of this origin may not open a WebSocket with a cookie session; if it is one of your websites, add it to websiteDomains'
})
export const UNAVAILABLE = refusal(503, {
  statusCode: 503,
  code: 'AUTH_CORE_UNAVAILABLE',
  error: 'Service Unavailable',
  message: 'The authentication service is not available at the moment. Please try again later.'
}, { 'retry-after': String(RETRY_AFTER) })

/** @param secondFactor the key of the second factor's claim, of which RFC 9470 tells what would do */
export function invalidClaims (errors: readonly ClaimError[], secondFactor: string): Refusal {
  const missing = errors.find(({ id }) => id === secondFactor)
  return refusal(403, { message: 'invalid claim', claimValidationErrors: errors }, missing === undefined ? {} : { 'www-authenticate': stepUpChallenge(missing) })
}

/** A refusal as a response of the Fetch standard. */
export function toResponse ({ status, headers, body }: Refusal): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...headers, 'content-type': 'application/json; charset=utf-8' } })
}
