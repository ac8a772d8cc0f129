import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import type { Factor } from '../second-factor/factor.js'
import { lastPassedAt } from '../second-factor/passed.js'
import { SdkSession } from '../supertokens/sdk-internals.js'
import type { TokenOwner } from './ended.js'

/** Reading a boolean claim needs no context. */
const NO_CONTEXT = {} as UserContext

/**
 * Three parts of base64url. A token of this form has no other spelling that a cookie, a header or a lenient decoder
 * could accept.
 */
export const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * A token that was verified, with the session object that the SDK creates for it. It is a class: under load, object
 * literals of this size with their own prototype pushed V8 into garbage collection.
 */
export class VerifiedToken {
  /** Expiry of the cache entry by the wall clock, in milliseconds. Set by the cache. */
  deadline = 0

  constructor (
    readonly token: string,
    /** Handle of its session. */
    readonly handle: string,
    /** Expiry of the token by the wall clock, in milliseconds. */
    readonly expiresAt: number,
    readonly antiCsrfToken: string | undefined,
    /** Whether the claim says that the second factor has passed. */
    readonly secondFactor: boolean,
    /** When it passed, in milliseconds since 1970. */
    readonly secondFactorAt: number,
    private readonly payload: Record<string, unknown>,
    /** The session object of the token, of no request yet. Its payload is frozen. */
    private readonly session: () => SessionContainerInterface
  ) {}

  /** Whose it is, and since when. */
  get owner (): TokenOwner {
    return this.payload
  }

  /** Returns one of the SDK's claims: its value, and when it was fetched. */
  claim (key: string): { v?: unknown, t?: unknown } | null | undefined {
    return this.payload[key] as { v?: unknown, t?: unknown } | null | undefined
  }

  /** When the session last passed one of these factors, in milliseconds since 1970; undefined if it passed none. */
  lastPassedAt (factors: ReadonlyArray<Pick<Factor, 'id' | 'mfaId'>>): number | undefined {
    return lastPassedAt(this.payload, factors)
  }

  /**
   * Returns a session object for one request. Never share it: `attachToRequestResponse` and
   * `mergeIntoAccessTokenPayload` write to it, and one user's cookies would end up in another user's response.
   */
  cloneSession (antiCsrfToken: string | undefined): SessionContainerInterface {
    return cloneSession(this.session(), antiCsrfToken)
  }
}

/**
 * Clones a session object into the state in which the SDK's `getSession` returns it for a request with this anti-CSRF
 * header.
 */
export function cloneSession (session: SessionContainerInterface, antiCsrfToken: string | undefined): SessionContainerInterface {
  return Object.assign(Object.create(SdkSession.prototype) as SessionContainerInterface, session, { antiCsrfToken })
}

/** The payload of a token, as far as every one has it. */
export interface TokenPayload extends Record<string, unknown> {
  exp: number
}

/**
 * Creates the cache entry for a session that the SDK's `getSession` has just returned for `token`. Undefined if it must
 * not be cached.
 *
 * Not cached are:
 *
 * - tokens with `parentRefreshTokenHash1`, which the Core must see each time: this confirms the rotation of refresh
 *   tokens and detects theft;
 * - tokens that the Core has just replaced, that are not valid yet, or of formats before version 3;
 * - sessions that are not the SDK's plain object.
 */
export function rememberToken (token: string, session: SessionContainerInterface, claim: BooleanClaim): VerifiedToken | undefined {
  if (Object.getPrototypeOf(session) !== SdkSession.prototype) return undefined
  const issued = session.getAllSessionTokensDangerously()
  if (issued.accessToken !== token || issued.accessAndFrontTokenUpdated || issued.refreshToken !== undefined || !JWT.test(token)) return undefined
  const header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) as Record<string, unknown>
  const payload = session.getAccessTokenPayload() as Record<string, unknown>
  if (typeof header.kid !== 'string' || typeof payload.exp !== 'number') return undefined
  if (isPresent(payload.parentRefreshTokenHash1) || isPresent(payload.nbf)) return undefined

  // Copy the token: as a slice of a header it would keep all of the request's cookies in memory.
  const own = Buffer.from(token).toString('latin1')
  const snapshot = Object.assign(cloneSession(session, undefined), { accessToken: own })
  freezeSession(snapshot)
  return entryOf(own, session.getHandle(), payload as TokenPayload, claim, () => snapshot)
}

/** Creates the cache entry for a token. */
export function entryOf (token: string, handle: string, payload: TokenPayload, claim: BooleanClaim, session: () => SessionContainerInterface): VerifiedToken {
  const passedAt = claim.getLastRefetchTime(payload, NO_CONTEXT)
  return new VerifiedToken(
    token, handle, Math.floor(payload.exp) * 1000, plainText(payload.antiCsrfToken),
    claim.getValueFromPayload(payload, NO_CONTEXT) === true, typeof passedAt === 'number' ? passedAt : NaN, payload, session
  )
}

/**
 * The SDK trims the token's anti-CSRF value before it compares. A value that trimming would change is left to the SDK.
 */
function plainText (value: unknown): string | undefined {
  return isPlainText(value) ? value : undefined
}

export function isPlainText (value: unknown): value is string {
  return typeof value === 'string' && value === value.trim()
}

export function isPresent (value: unknown): boolean {
  return value !== undefined && value !== null
}

/**
 * Freezes the payload, which all requests with the token share. Changes go through `mergeIntoAccessTokenPayload`, which
 * replaces it.
 */
export function freezeSession (session: SessionContainerInterface): void {
  freeze(session.getAccessTokenPayload())
  Object.freeze(session.getRecipeUserId())
}

function freeze (value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}
