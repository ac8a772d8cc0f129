import { jwtVerify } from 'jose'
import type { DemandOptions } from '../session/demand-options.js'
import { createTokenCache } from '../session/token-cache.js'
import { readAccessToken, type AccessToken } from './access-token.js'
import { createConfirmation } from './confirm.js'
import { checkOf } from './demand.js'
import { readerOf, type HeaderReader, type VerifierRequest } from './headers.js'
import { createServiceKeys, isAccessTokenKey, KeysUnavailable } from './keys.js'
import { resolveVerifierOptions, type ResolvedVerifierOptions, type VerifierOptions } from './options.js'
import { ORIGIN_REFUSED, TRY_REFRESH_TOKEN, UNAUTHORISED, UNAVAILABLE, type Refusal } from './refusals.js'
import { findToken } from './request-token.js'
import { entryOf, type Revocations, type VerifiedEntry, type VerifiedSession } from './session.js'

/** A request that is admitted. */
export interface Admission {
  readonly admitted: true
  readonly session: VerifiedSession
  readonly transferMethod: 'cookie' | 'header'
}

export type Decision = Admission | Refusal

/** Decides about requests. Never rejects on account of a request. */
export type VerifyRequest = (request: VerifierRequest) => Promise<Decision>

export interface Verifier {
  /** Decides by the verifier's own options. */
  verifyRequest: VerifyRequest
  /**
   * Creates the same with more that is asked for. Each option that is given here counts in place of the verifier's own.
   *
   * @throws AUTH_OPTIONS_INVALID for what is misspelt
   */
  requiring (demand?: DemandOptions): VerifyRequest
  /** Forgets all tokens, so that each is verified again. */
  clear (): void
}

/** Three parts of base64url. A token of this form has no other spelling that a lenient decoder could accept. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Runs a function once, where timers are: the cache's entries have a deadline beside it. */
function afterGlobal (milliseconds: number, run: () => void): void {
  const timer: unknown = globalThis.setTimeout(run, milliseconds)
  // Node's timers keep the process running; those of browsers and edges are numbers.
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
}

/** Whether a page of another website sent it, as far as its browser says (W3C Fetch Metadata). */
const isCrossSite = (header: HeaderReader): boolean => header('sec-fetch-site') === 'cross-site'

/** Fails closed: a feed that cannot say whether a session has ended. */
function revokedBy (revocations: Revocations | undefined, session: VerifiedSession): boolean | 'unknown' {
  try {
    return revocations !== undefined && revocations.isRevoked(session) !== false
  } catch {
    return 'unknown'
  }
}

/** The signature and the times in a token (RFC 7519), as supertokens-node checks them. */
function createSignatureCheck (options: ResolvedVerifierOptions): (accessToken: AccessToken) => Promise<VerifiedEntry | Refusal> {
  const { clock, issuer } = options
  const { keyFor } = createServiceKeys(options)
  return async (accessToken) => {
    const { token, kid, payload } = accessToken
    // Neither is worth a look at the keys. A token of the Core's static keys may be one that a host has made for others.
    if (!JWT.test(token) || !isAccessTokenKey(kid) || payload.exp * 1000 < clock()) return TRY_REFRESH_TOKEN
    try {
      await jwtVerify(token, keyFor, { algorithms: ['RS256'], currentDate: new Date(clock()), ...(issuer !== undefined && { issuer }) })
    } catch (err) {
      return err instanceof KeysUnavailable ? UNAVAILABLE : TRY_REFRESH_TOKEN
    }
    return entryOf(accessToken)
  }
}

/**
 * Creates a verifier: decides about requests to another service as `require2FA` does in the service itself, by the session's
 * access token and the service's public keys. It needs no Core. `docs/verifier.md` says where it decides otherwise.
 *
 * @throws AUTH_OPTIONS_INVALID naming every problem at once
 */
export function createVerifier (given: VerifierOptions): Verifier {
  const options = resolveVerifierOptions(given)
  const { tokenTransferMethod, antiCsrf, websites, unconfirmed, revocations, clock } = options
  const cache = createTokenCache<VerifiedEntry>({ now: clock, after: afterGlobal })
  const checkSignature = createSignatureCheck(options)
  const confirm = createConfirmation(options)

  /** A known token is not even read again: its text is one that was. */
  const read = (text: string): VerifiedEntry | AccessToken | undefined => cache.find(text, clock()) ?? readAccessToken(text)

  async function verify (accessToken: AccessToken): Promise<VerifiedEntry | Refusal> {
    const { parentRefreshTokenHash1, nbf } = accessToken.payload
    const isUnconfirmed = typeof parentRefreshTokenHash1 === 'string'
    if (isUnconfirmed && unconfirmed === 'refuse') return TRY_REFRESH_TOKEN
    const verified = await checkSignature(accessToken)
    if ('admitted' in verified) return verified
    if (isUnconfirmed && unconfirmed === 'admit') return verified
    if (isUnconfirmed) {
      const confirmation = await confirm(accessToken.token)
      if (confirmation !== 'confirmed') return confirmation === 'ended' ? UNAUTHORISED : UNAVAILABLE
    }
    // As in the service: what is not valid yet, or never confirmed, is looked at each time.
    if (nbf === undefined || nbf === null) cache.add(verified)
    return verified
  }

  async function decide ({ method, headers, isWebSocket }: VerifierRequest, claimsRefusal: ReturnType<typeof checkOf>): Promise<Decision> {
    const header = readerOf(headers)
    const found = findToken(header, tokenTransferMethod, read)
    if (found === 'none') return UNAUTHORISED
    if (found === 'ambiguous') return TRY_REFRESH_TOKEN
    const { token, transferMethod } = found
    // No page can send a token in a header to another site.
    const isChecked = transferMethod === 'cookie' && method?.toUpperCase() !== 'GET'
    if (isChecked && antiCsrf === 'VIA_CUSTOM_HEADER' && header('rid') === undefined) return TRY_REFRESH_TOKEN
    if (isChecked && antiCsrf === 'SAME_SITE' && isCrossSite(header)) return TRY_REFRESH_TOKEN
    const verified = 'session' in token ? token : await verify(token)
    if ('admitted' in verified) return verified
    const { session, antiCsrfToken } = verified
    if (isChecked && antiCsrf === 'VIA_TOKEN' && (antiCsrfToken === undefined || header('anti-csrf') !== antiCsrfToken)) return TRY_REFRESH_TOKEN
    const revoked = revokedBy(revocations, session)
    if (revoked !== false) return revoked === true ? TRY_REFRESH_TOKEN : UNAVAILABLE
    const refused = claimsRefusal(session.payload, clock())
    if (refused !== undefined) return refused
    // Another website can open a WebSocket with the user's cookies (RFC 6455, 10.2): its origin has to be known.
    const opensWebSocket = isWebSocket ?? /websocket/i.test(header('upgrade') ?? '')
    if (opensWebSocket && transferMethod === 'cookie' && !websites.has(header('origin') ?? '')) return ORIGIN_REFUSED
    return { admitted: true, session, transferMethod }
  }

  function requiring (demand?: DemandOptions): VerifyRequest {
    const claimsRefusal = checkOf(options, demand)
    return async (request) => await decide(request, claimsRefusal)
  }

  return { verifyRequest: requiring(), requiring, clear: () => { cache.clear() } }
}
