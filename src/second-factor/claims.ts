import { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionClaimValidator } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import type { Factor } from './factor.js'
import { acrOf, lastPassedAt, mfaIdOf } from './passed.js'

/** E-mail + password or social login first, then an SMS code (guide 004). */
export const SecondFactorClaim = new BooleanClaim({ key: '2fa-completed', fetchValue: () => false })

/** Phone + password first, then an SMS code to the same number (guide 000). */
export const PhoneVerifiedClaim = new BooleanClaim({ key: 'phone-verified', fetchValue: () => false })

/** Returns the claim that belongs to a first factor. */
export function claimFor (firstFactor: 'email-password' | 'phone-password'): BooleanClaim {
  return firstFactor === 'phone-password' ? PhoneVerifiedClaim : SecondFactorClaim
}

/** What a route asks of the second factor beside that one has passed. */
export interface Demand {
  /** Seconds since it passed. @default no limit */
  maxAge?: number | undefined
  /** The factors that count, any of them. @default all */
  factors?: ReadonlyArray<Pick<Factor, 'id' | 'mfaId'>> | undefined
}

/** Why a session does not meet a demand, in the form of SuperTokens' claim validators. `acrValues` as in RFC 9470. */
type Reason =
  | { message: 'wrong value', expectedValue: true, actualValue?: boolean }
  | { message: 'wrong factor', expectedFactors: string[], acrValues: string[] }
  | { message: 'expired', ageInSeconds: number, maxAgeInSeconds: number, acrValues?: string[] }

/** When the newest factor that counts has passed, in milliseconds since 1970; undefined if none has. */
function countsSince (claim: BooleanClaim, payload: Record<string, unknown>, { factors }: Demand, userContext: UserContext): number | undefined {
  if (factors === undefined) return claim.getLastRefetchTime(payload, userContext) ?? 0
  return lastPassedAt(payload, factors)
}

function reasonAgainst (claim: BooleanClaim, payload: Record<string, unknown>, demand: Demand, userContext: UserContext): Reason | undefined {
  const { maxAge, factors } = demand
  const actualValue = claim.getValueFromPayload(payload, userContext)
  if (actualValue !== true) return { message: 'wrong value', expectedValue: true, ...(actualValue !== undefined && { actualValue }) }
  const acrValues = factors?.map(acrOf)
  const since = countsSince(claim, payload, demand, userContext)
  if (since === undefined) return { message: 'wrong factor', expectedFactors: factors!.map(mfaIdOf), acrValues: acrValues! }
  const ageInSeconds = Math.floor((Date.now() - since) / 1000)
  if (maxAge === undefined || ageInSeconds <= maxAge) return undefined
  return { message: 'expired', ageInSeconds, maxAgeInSeconds: maxAge, ...(acrValues && { acrValues }) }
}

/**
 * Requires the claim and, with `maxAge`, a second factor passed at most that many seconds ago; with `factors`, one of these.
 *
 * The SDK's own `hasValue(true, maxAge)` refetches a claim that is too old. That would write `false` into the session,
 * so that a step-up check on one route would lock the user out of all others. This validator only refuses.
 */
export function secondFactorValidator (claim: BooleanClaim, maxAge?: number, factors?: Demand['factors']): SessionClaimValidator {
  if (maxAge === undefined && factors === undefined) return claim.validators.hasValue(true)
  return {
    id: claim.key,
    async validate (payload: Record<string, unknown>, userContext) {
      const reason = reasonAgainst(claim, payload, { maxAge, factors }, userContext)
      return reason === undefined ? { isValid: true } : { isValid: false, reason }
    }
  }
}
