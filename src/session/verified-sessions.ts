import type { IncomingHttpHeaders } from 'node:http'
import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isKnownBrowser, KNOWN_BROWSER } from '../account/known-browser-claim.js'
import { CoreUnavailable } from '../errors.js'
import type { Demand } from '../second-factor/claims.js'
import type { RecipeRegistry } from '../supertokens/recipe-registry.js'
import { Admission } from './admission.js'
import { isEnded } from './ended.js'
import { antiCsrfHeader, bearerToken, cookieToken, hasBearer } from './request-token.js'
import { runningSessionRecipe } from '../supertokens/sdk-internals.js'
import { readTerms, type Terms } from './terms.js'
import { createTokenCache, type TokenCacheOptions } from './token-cache.js'
import { rememberToken, type VerifiedToken } from './verified-token.js'

export interface VerifiedSessionsOptions extends TokenCacheOptions {
  claim: BooleanClaim
  overrides: RecipeRegistry['overrides']
  /** Number of tokens that could not be verified because no keys were available. */
  keyFailures: () => number
}

/** Statistics of the cache, and a way to clear it. */
export interface SessionCache {
  /** Guarded requests whose token the SDK had already verified. */
  readonly hits: number
  /** Guarded requests that were left to the SDK. */
  readonly misses: number
  readonly size: number
  /** False until the app is ready, and permanently if the SDK's version or a host's override makes caching unsafe. */
  readonly enabled: boolean
  /** Clears the cache, so that the SDK verifies every token again. */
  clear (): void
}

/**
 * Remembers tokens that the SDK's own `getSession` has accepted, so that the next request with the same token needs
 * neither a signature check nor a promise. Anything that depends on the request or the time (expiry, anti-CSRF, where
 * the token is, claims) is checked each time. Anything unclear is left to the SDK, so every refusal is the SDK's own.
 */
function createVerifiedSessions ({ claim, overrides, keyFailures, ...options }: VerifiedSessionsOptions) {
  const cache = createTokenCache(options)
  const now = options.now ?? (() => Date.now())
  let terms: Terms | undefined
  let started: Promise<string | undefined> | undefined
  let hits = 0
  let misses = 0

  async function start (): Promise<string | undefined> {
    try {
      terms = await readTerms(runningSessionRecipe(), overrides)
      return undefined
    } catch (err) {
      return String(err)
    }
  }

  /**
   * Verifies with the SDK, but reports missing keys as an outage. The SDK would treat such a token as invalid, and
   * clients that are told so sign the user out. A session that has ended deletes no tokens here: they may be newer.
   */
  async function verify (original: RecipeInterface, input: Parameters<RecipeInterface['getSession']>[0]): ReturnType<RecipeInterface['getSession']> {
    const failures = keyFailures()
    try {
      return await original.getSession(input)
    } catch (err) {
      if (!Session.Error.isErrorFromSuperTokens(err)) throw err
      if (err.type === Session.Error.TRY_REFRESH_TOKEN && keyFailures() !== failures) throw new CoreUnavailable({ cause: err })
      if (err.type === Session.Error.UNAUTHORISED) err.payload = { clearTokens: false }
      throw err
    }
  }

  /** The SDK's own check for cookies. Tokens in a header need none, since another site cannot send them. */
  function antiCsrfHolds (mode: Terms['antiCsrf'], headers: IncomingHttpHeaders, verified: VerifiedToken): boolean {
    if (mode === 'NONE') return true
    if (mode === 'VIA_TOKEN') return verified.antiCsrfToken !== undefined && antiCsrfHeader(headers) === verified.antiCsrfToken
    return headers.rid !== undefined
  }

  return {
    /** The override that remembers the tokens that the SDK verifies. */
    observe (original: RecipeInterface): RecipeInterface {
      return {
        ...original,
        async getSession (input) {
          const session = await verify(original, input)
          if (terms !== undefined && session !== undefined && input.accessToken !== undefined && input.options?.checkDatabase !== true) {
            const verified = rememberToken(input.accessToken, session, claim)
            if (verified !== undefined) cache.add(verified)
          }
          return session
        }
      }
    },

    /** Reads the rules of the running SDK, once. Resolves with the reason if the cache stays off. */
    start (): Promise<string | undefined> {
      return (started ??= start())
    },

    /**
     * Admits a request whose token is cached and passes the checks; undefined leaves it to the SDK.
     *
     * @param antiCsrfCheck the route's option of that name
     */
    admit (request: FastifyRequest, reply: FastifyReply, antiCsrfCheck: boolean | undefined): Admission | undefined {
      if (terms === undefined) return undefined
      const { headers } = request
      const byHeader = terms.transferMethod !== 'cookie' && hasBearer(headers)
      if (!byHeader && terms.transferMethod === 'header') return miss()
      const token = byHeader ? bearerToken(headers) : cookieToken(headers)
      if (token === undefined) return miss()
      const verified = cache.find(token, now())
      if (verified === undefined || isEnded(verified.handle)) return miss()
      if (!byHeader) {
        const checked = antiCsrfCheck === undefined ? request.method !== 'GET' : antiCsrfCheck !== false
        if (checked && !antiCsrfHolds(terms.antiCsrf, headers, verified)) return miss()
        // It may be another website that opens a WebSocket: its origin has to be checked.
        if (headers.upgrade !== undefined) return miss()
      }
      hits++
      return new Admission(verified, request, reply, byHeader ? 'header' : 'cookie')
    },

    /** Whether the second factor meets the demand. False leaves the decision to the SDK. */
    secondFactorPassed (verified: VerifiedToken, { maxAge, factors }: Demand): boolean {
      if (!verified.secondFactor || terms?.claimsInToken !== true) return false
      const since = factors === undefined ? verified.secondFactorAt : verified.lastPassedAt(factors)
      if (since === undefined) return false
      return maxAge === undefined || Math.floor((now() - since) / 1000) <= maxAge
    },

    /** Whether the browser is known instead. False leaves the decision to the SDK. */
    browserKnown (verified: VerifiedToken, { maxAge }: Demand): boolean {
      return terms?.claimsInToken === true && isKnownBrowser(verified.claim(KNOWN_BROWSER), maxAge)
    },

    /** The value of a claim that was fetched at most `maxAge` seconds ago. Undefined leaves the decision to the SDK. */
    claimValue (verified: VerifiedToken, key: string, maxAge: number): unknown {
      const claim = verified.claim(key)
      return typeof claim?.t === 'number' && Math.abs(now() - claim.t) <= maxAge * 1000 ? claim.v : undefined
    },

    /** Whether the global claim validators hold. False leaves the decision to the SDK. */
    globalClaimsHold ({ secondFactor }: VerifiedToken): boolean {
      return terms?.claimsInToken === true && (secondFactor || !terms.globalSecondFactor)
    },

    stats: {
      get hits () { return hits },
      get misses () { return misses },
      get size () { return cache.size },
      get enabled () { return terms !== undefined },
      clear: () => { cache.clear() }
    } satisfies SessionCache
  }

  function miss (): undefined {
    misses++
  }
}

export type VerifiedSessions = ReturnType<typeof createVerifiedSessions>

let running: VerifiedSessions | undefined

/** Creates the cache for the SDK that is starting. There is one per process, like the SDK. */
export function startVerifiedSessions (options: VerifiedSessionsOptions): VerifiedSessions {
  running = createVerifiedSessions(options)
  return running
}

/** The cache of the running SDK, whichever app of this process started it. */
export function verifiedSessions (): VerifiedSessions | undefined {
  return running
}
