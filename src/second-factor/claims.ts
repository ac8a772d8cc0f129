import { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionClaimValidator } from 'supertokens-node/recipe/session/types'

/** E-mail + password or social login first, then an SMS code (guide 004). */
export const SecondFactorClaim = new BooleanClaim({ key: '2fa-completed', fetchValue: () => false })

/** Phone + password first, then an SMS code to the same number (guide 000). */
export const PhoneVerifiedClaim = new BooleanClaim({ key: 'phone-verified', fetchValue: () => false })

/** Returns the claim that belongs to a first factor. */
export function claimFor (firstFactor: 'email-password' | 'phone-password'): BooleanClaim {
  return firstFactor === 'phone-password' ? PhoneVerifiedClaim : SecondFactorClaim
}

/**
 * Requires the claim and, with `maxAge`, a second factor passed at most that many seconds ago.
 *
 * The SDK's own `hasValue(true, maxAge)` refetches a claim that is too old. That would write `false` into the session,
 * so that a step-up check on one route would lock the user out of all others. This validator only refuses.
 */
export function secondFactorValidator (claim: BooleanClaim, maxAge?: number): SessionClaimValidator {
  if (maxAge === undefined) return claim.validators.hasValue(true)
  return {
    id: claim.key,
    async validate (payload, userContext) {
      const actualValue = claim.getValueFromPayload(payload, userContext)
      if (actualValue !== true) {
        return { isValid: false, reason: { message: 'wrong value', expectedValue: true, ...(actualValue !== undefined && { actualValue }) } }
      }
      const ageInSeconds = Math.floor((Date.now() - (claim.getLastRefetchTime(payload, userContext) ?? 0)) / 1000)
      if (ageInSeconds > maxAge) {
        return { isValid: false, reason: { message: 'expired', ageInSeconds, maxAgeInSeconds: maxAge } }
      }
      return { isValid: true }
    }
  }
}
