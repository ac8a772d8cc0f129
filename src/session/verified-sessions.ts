import type { IncomingHttpHeaders } from 'node:http'
import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isKnownBrowser, KNOWN_BROWSER } from '../account/known-browser-claim.js'
import { CoreUnavailable } from '../errors.js'
import type { Demand } from '../second-factor/demand.js'
import type { RecipeRegistry } from '../supertokens/recipe-registry.js'
import { Admission } from './admission.js'
import { afterUnref } from './after-unref.js'
import { readRefusals, type Refusals, type SessionError } from './clear-refusals.js'
import { isEnded } from './ended.js'
import type { KeySet } from './key-set.js'
import { createTokenVerifier, INVALID } from './new-token.js'
import { antiCsrfHeader, bearerToken, cookieToken, hasBearer, hasNoToken } from './request-token.js'
import { runningSessionRecipe } from '../supertokens/sdk-internals.js'
import { readTerms, type Terms } from './terms.js'
import { createTokenCache, type TokenCacheOptions } from './token-cache.js'
import { rememberToken, type VerifiedToken } from './verified-token.js'

export interface VerifiedSessionsOptions extends Omit<TokenCacheOptions, 'after'> {
  claim: BooleanClaim
  overrides: RecipeRegistry['overrides']
  /** The Core's signing keys. */
  keys: () => KeySet | undefined
}

/** Statistics of the cache, and a way to clear it. */
export interface SessionCache {
  /** Guarded requests whose token had already been verified. */
  readonly hits: number
  /** All other guarded requests: with a new token, an invalid one or none. */
  readonly misses: number
  readonly size: number
  /** False until the app is ready, and permanently if the SDK's version or a host's override makes caching unsafe. */
  readonly enabled: boolean
  /** Clears the cache, so that every token is verified again. */
  clear (): void
}

/**
 * Remembers tokens that have been accepted, so that the next request with the same token needs neither a signature check
 * nor a promise. Anything that depends on the request or the time (expiry, anti-CSRF, where the token is, claims) is
 * checked each time. Anything unclear is left to the SDK's own `getSession`.
 */
function createVerifiedSessions ({ claim, overrides, keys, ...options }: VerifiedSessionsOptions) {
  const cache = createTokenCache<VerifiedToken>({ after: afterUnref, ...options })
  const verifier = createTokenVerifier(claim, keys)
  const now = options.now ?? (() => Date.now())
  let terms: Terms | undefined
  let refusals: Refusals | undefined
  let started: Promise<string | undefined> | undefined
  let hits = 0
  let misses = 0

  async function start (): Promise<string | undefined> {
    try {
      const recipe = runningSessionRecipe()
      const rules = await readTerms(recipe, overrides)
      refusals = await readRefusals(recipe)
      terms = rules
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
    const failures = keys()?.failures
    try {
      return await original.getSession(input)
    } catch (err) {
      if (!Session.Error.isErrorFromSuperTokens(err)) throw err
      if (err.type === Session.Error.TRY_REFRESH_TOKEN && keys()?.failures !== failures) throw new CoreUnavailable({ cause: err })
      if (err.type === Session.Error.UNAUTHORISED) err.payload = { clearTokens: false }
      throw err
    }
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
            if (verified !== undefined) {
              cache.add(verified)
              await verifier.learn(input.accessToken, session)
            }
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
     * Admits a request whose token is valid and passes the checks, or returns the SDK's error if it clearly is not;
     * undefined leaves it to the SDK.
     *
     * @param antiCsrfCheck the route's option of that name
     */
    admit (request: FastifyRequest, reply: FastifyReply, antiCsrfCheck: boolean | undefined): Admission | SessionError | undefined {
      if (terms === undefined) return undefined
      const { headers } = request
      const byHeader = terms.transferMethod !== 'cookie' && hasBearer(headers)
      const token = byHeader ? bearerToken(headers) : terms.transferMethod === 'header' ? undefined : cookieToken(headers)
      if (token === undefined) return hasNoToken(headers) ? miss(refusals?.noSession) : miss()
      const checked = !byHeader && (antiCsrfCheck === undefined ? request.method !== 'GET' : antiCsrfCheck !== false)
      if (checked && lacksCustomHeader(terms.antiCsrf, headers)) return miss()
      // It may be another website that opens a WebSocket: its origin has to be checked.
      if (!byHeader && headers.upgrade !== undefined) return miss()
      const time = now()
      const known = cache.find(token, time)
      const verified = known ?? verifier.verify(token, time)
      if (verified === undefined) return miss()
      if (verified === INVALID) return miss(refusals?.invalid)
      if (isEnded(verified.handle, verified.owner)) return miss()
      if (checked && lacksToken(terms.antiCsrf, headers, verified)) return miss()
      if (known === undefined) {
        cache.add(verified)
        misses++
      } else {
        hits++
      }
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

  function miss<Refusal> (refusal?: Refusal): Refusal | undefined {
    misses++
    return refusal
  }
}

/** The SDK's checks for cookies. Tokens in a header need none, since another site cannot send them. */
function lacksCustomHeader (mode: Terms['antiCsrf'], headers: IncomingHttpHeaders): boolean {
  return (mode === 'VIA_CUSTOM_HEADER' || mode === 'BY_ORIGIN') && headers.rid === undefined
}

function lacksToken (mode: Terms['antiCsrf'], headers: IncomingHttpHeaders, { antiCsrfToken }: VerifiedToken): boolean {
  return mode === 'VIA_TOKEN' && (antiCsrfToken === undefined || antiCsrfHeader(headers) !== antiCsrfToken)
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
