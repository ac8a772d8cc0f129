import { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionClaimValidator } from 'supertokens-node/recipe/session/types'
import { PHONE_VERIFIED_CLAIM, reasonAgainst, SECOND_FACTOR_CLAIM, type Demand } from './demand.js'

/** E-mail + password or social login first, then an SMS code (guide 004). */
export const SecondFactorClaim = new BooleanClaim({ key: SECOND_FACTOR_CLAIM, fetchValue: () => false })

/** Phone + password first, then an SMS code to the same number (guide 000). */
export const PhoneVerifiedClaim = new BooleanClaim({ key: PHONE_VERIFIED_CLAIM, fetchValue: () => false })

/** Returns the claim that belongs to a first factor. */
export function claimFor (firstFactor: 'email-password' | 'phone-password'): BooleanClaim {
  return firstFactor === 'phone-password' ? PhoneVerifiedClaim : SecondFactorClaim
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
    async validate (payload: Record<string, unknown>) {
      const reason = reasonAgainst(claim.key, payload, { maxAge, factors }, Date.now())
      return reason === undefined ? { isValid: true } : { isValid: false, reason }
    }
  }
}
