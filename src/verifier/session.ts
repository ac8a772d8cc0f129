import type { CacheEntry } from '../session/token-cache.js'
import type { AccessToken } from './access-token.js'

/** A session whose token was verified. Frozen: all requests with the token share it. */
export interface VerifiedSession {
  readonly userId: string
  /** The login method, where accounts are linked. */
  readonly recipeUserId: string
  readonly tenantId: string
  readonly handle: string
  /** When the token was issued, in seconds since 1970: the claim `iat`. */
  readonly issuedAt: number
  /** When it expires, in seconds since 1970: the claim `exp`. */
  readonly expiresAt: number
  /** All claims of the token, unverified by anything but its signature. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** Knows sessions that have ended, such as a feed of the service. */
export interface Revocations {
  /** Whether the session has ended, so that its tokens open nothing. If it throws, nobody is admitted. */
  isRevoked (session: VerifiedSession): boolean
}

/** What the cache keeps of a token. */
export interface VerifiedEntry extends CacheEntry {
  readonly session: VerifiedSession
  readonly antiCsrfToken: string | undefined
}

function freeze (value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}

/** As supertokens-node reads texts of a payload. */
const trimmed = (value: unknown): string | undefined => typeof value === 'string' ? value.trim() : undefined

/** What is known of a token once its signature has been verified. */
export function entryOf ({ token, payload, version }: AccessToken): VerifiedEntry {
  freeze(payload)
  const userId = payload.sub.trim()
  const session: VerifiedSession = Object.freeze({
    userId,
    recipeUserId: trimmed(payload.rsub) ?? userId,
    // Tokens before version 4 know no tenants.
    tenantId: version < 4 ? 'public' : trimmed(payload.tId)!,
    handle: payload.sessionHandle.trim(),
    issuedAt: payload.iat,
    expiresAt: payload.exp,
    payload
  })
  // The entry ends with the second in which the token does, as that of the service's own guard.
  return { token, session, antiCsrfToken: trimmed(payload.antiCsrfToken), expiresAt: Math.floor(payload.exp) * 1000, deadline: 0 }
}
