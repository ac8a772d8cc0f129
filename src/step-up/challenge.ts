/** What a route asks for before it lets a session in. */
export interface Challenge {
  /** `missing`: no second factor has passed. `expired`: it is too old for this route. `factor`: another one is wanted. */
  reason: 'missing' | 'expired' | 'factor'
  /** The session claim, such as `2fa-completed`; undefined if the answer does not say. */
  claim: string | undefined
  /** How old the second factor may be, in seconds; undefined for no limit. */
  maxAge: number | undefined
  /** The factors that count, any of them, by their ids in `secondFactors`, such as `passkey`; undefined for all. */
  factors: string[] | undefined
}

interface ClaimError { id: string, reason?: { message?: unknown, maxAgeInSeconds?: unknown, acrValues?: unknown } }

const CLAIMS = ['2fa-completed', 'phone-verified']
const REASONS: Record<string, Challenge['reason']> = { expired: 'expired', 'wrong factor': 'factor' }
const ACR = 'urn:fastify-2fa:'

const factorsIn = (acrValues: unknown): string[] | undefined =>
  Array.isArray(acrValues) ? acrValues.map((value) => String(value).replace(ACR, '')) : undefined

/** Undefined if more than the second factor is missing: to pass it would not open the route. */
function fromBody (body: unknown): Challenge | undefined {
  const errors = (body as { claimValidationErrors?: unknown } | null | undefined)?.claimValidationErrors
  if (!Array.isArray(errors) || errors.length !== 1) return undefined
  const { id, reason = {} } = errors[0] as ClaimError
  if (!CLAIMS.includes(id)) return undefined
  const { message, maxAgeInSeconds, acrValues } = reason
  return {
    reason: REASONS[String(message)] ?? 'missing',
    claim: id,
    maxAge: typeof maxAgeInSeconds === 'number' ? maxAgeInSeconds : undefined,
    factors: factorsIn(acrValues)
  }
}

/** The challenge of RFC 9470, of services that answer with nothing else. */
function fromHeader (header: string): Challenge | undefined {
  if (!/\berror="?insufficient_user_authentication\b/.test(header)) return undefined
  const maxAge = /\bmax_age="?(\d+)/.exec(header)?.[1]
  const factors = factorsIn(/\bacr_values="([^"]+)"/.exec(header)?.[1]?.split(' '))
  const reason = maxAge !== undefined ? 'expired' : factors !== undefined ? 'factor' : 'missing'
  return { reason, claim: undefined, maxAge: maxAge === undefined ? undefined : Number(maxAge), factors }
}

/**
 * Reads the challenge in a refusal. Undefined if a second factor would not help.
 *
 * @param status of the answer
 * @param body of the answer as JSON; anything else has no challenge
 * @param wwwAuthenticate the header of that name, which pages of another origin see only if CORS exposes it
 */
export function challengeIn (status: number, body: unknown, wwwAuthenticate?: string | null): Challenge | undefined {
  const hasClaims = typeof body === 'object' && body !== null && 'claimValidationErrors' in body
  if (status === 403 && hasClaims) return fromBody(body)
  return status === 401 || status === 403 ? fromHeader(wwwAuthenticate ?? '') : undefined
}
