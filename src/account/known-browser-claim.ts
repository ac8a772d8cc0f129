import type { SessionClaimValidator } from 'supertokens-node/recipe/session/types'

/**
 * What a session's payload says of the browser: `t`, when it proved that it is known, and `v`, until when that counts, both in
 * milliseconds since 1970. Only this plugin sets it (`passed.ts`). It is no second factor, and the claim stays false.
 */
export const KNOWN_BROWSER = '2fa-known-browser'
export const KNOWN_BROWSER_ACR = 'urn:fastify-2fa:known-browser'
/** A key in software (RFC 8176): nothing tells the service where the browser keeps it. */
const AMR = 'swk'

type Payload = Record<string, unknown>
interface Mark { v?: unknown, t?: unknown }

/** Whether the browser is known, and proved it at most `maxAge` seconds ago. */
export function isKnownBrowser (mark: Mark | null | undefined, maxAge: number | undefined, now = Date.now()): boolean {
  if (typeof mark?.v !== 'number' || typeof mark.t !== 'number' || now >= mark.v) return false
  return maxAge === undefined || Math.floor((now - mark.t) / 1000) <= maxAge
}

/** The payload of a session whose browser has proved that it is known, until then. */
export function withKnownBrowser (payload: Payload, until: number): Payload {
  const methods = Array.isArray(payload.amr) ? payload.amr as unknown[] : []
  return { ...payload, [KNOWN_BROWSER]: { v: until, t: Date.now() }, amr: [...new Set([...methods, AMR])], acr: payload.acr ?? KNOWN_BROWSER_ACR }
}

/** Takes a known browser for the second factor. */
export function orKnownBrowser ({ id, validate }: SessionClaimValidator, maxAge: number | undefined): SessionClaimValidator {
  return {
    id,
    validate: async (payload: Payload, userContext) =>
      isKnownBrowser(payload[KNOWN_BROWSER] as Mark | undefined, maxAge) ? { isValid: true } : await validate(payload, userContext)
  }
}
