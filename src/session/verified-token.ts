import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { SdkSession } from '../supertokens/sdk-internals.js'

/** Reading a boolean claim needs no context. */
const NO_CONTEXT = {} as UserContext

/** Three parts of base64url: nothing that a cookie, a header or a lenient decoder could spell in two ways. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * A token that the SDK has verified, and the session object that it made of it. A class, since literals of this size with a prototype
 * of their own sent V8 into garbage collection under load.
 */
export class VerifiedToken {
  /** When the entry ends by the wall clock; the cache sets it. */
  deadline = 0

  constructor (
    readonly token: string,
    /** The token's own end by the wall clock, in milliseconds. */
    readonly expiresAt: number,
    readonly antiCsrfToken: string | undefined,
    /** Whether the claim says that the second factor has passed. */
    readonly secondFactor: boolean,
    /** When it passed, in milliseconds. */
    readonly secondFactorAt: number,
    private readonly payload: Record<string, unknown>,
    private readonly session: SessionContainerInterface
  ) {}

  /** The value of one of the SDK's claims, `{ v, t }` in the payload. */
  claimValue (key: string): unknown {
    return (this.payload[key] as { v?: unknown } | null | undefined)?.v
  }

  /**
   * A session object for one request, never to be given to a second one: `attachToRequestResponse` and `mergeIntoAccessTokenPayload` write
   * to it, and one user's cookies would end in another's answer.
   */
  cloneSession (antiCsrfToken: string | undefined): SessionContainerInterface {
    return cloneSession(this.session, antiCsrfToken)
  }
}

/** A session object of its own, in the state in which the SDK's `getSession` returns one for a request with this anti-CSRF header. */
export function cloneSession (session: SessionContainerInterface, antiCsrfToken: string | undefined): SessionContainerInterface {
  return Object.assign(Object.create(SdkSession.prototype) as SessionContainerInterface, session, { antiCsrfToken })
}

/**
 * What may be remembered of a session that the SDK's `getSession` has just returned for `token`, or undefined if nothing may.
 *
 * Left out are tokens that the Core must see each time (`parentRefreshTokenHash1`: that is how the rotation of refresh tokens is confirmed and
 * theft noticed), that it has just replaced, that are not valid yet or of the formats before version 3, and sessions that are not the SDK's plain object.
 */
export function rememberToken (token: string, session: SessionContainerInterface, claim: BooleanClaim): VerifiedToken | undefined {
  if (Object.getPrototypeOf(session) !== SdkSession.prototype) return undefined
  const issued = session.getAllSessionTokensDangerously()
  if (issued.accessToken !== token || issued.accessAndFrontTokenUpdated || issued.refreshToken !== undefined || !JWT.test(token)) return undefined
  const header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) as Record<string, unknown>
  const payload = session.getAccessTokenPayload() as Record<string, unknown>
  if (typeof header.kid !== 'string' || typeof payload.exp !== 'number') return undefined
  if (isPresent(payload.parentRefreshTokenHash1) || isPresent(payload.nbf)) return undefined

  // A token out of a header is a slice that would keep all of the request's cookies in memory.
  const own = Buffer.from(token).toString('latin1')
  const snapshot = Object.assign(cloneSession(session, undefined), { accessToken: own })
  freeze(payload)
  Object.freeze(session.getRecipeUserId())
  const passedAt = claim.getLastRefetchTime(payload, NO_CONTEXT)
  return new VerifiedToken(
    own, Math.floor(payload.exp) * 1000, plainText(payload.antiCsrfToken),
    claim.getValueFromPayload(payload, NO_CONTEXT) === true, typeof passedAt === 'number' ? passedAt : NaN, payload, snapshot
  )
}

/** The SDK trims the token's anti-CSRF value before it compares: one that it would change is none that we compare. */
function plainText (value: unknown): string | undefined {
  return typeof value === 'string' && value === value.trim() ? value : undefined
}

function isPresent (value: unknown): boolean {
  return value !== undefined && value !== null
}

/** The payload is shared by all requests of its token: changes go through `mergeIntoAccessTokenPayload`, which replaces it. */
function freeze (value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}
