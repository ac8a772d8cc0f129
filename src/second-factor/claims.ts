import { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionClaimValidator } from 'supertokens-node/recipe/session/types'

/** E-mail + password or social login first, then an SMS code (guide 004). */
export const SecondFactorClaim = new BooleanClaim({ key: '2fa-completed', fetchValue: () => false })

/** Phone + password first, then an SMS code to the same number (guide 000). */
export const PhoneVerifiedClaim = new BooleanClaim({ key: 'phone-verified', fetchValue: () => false })

/** The claim of the system that runs. */
export function claimFor (firstFactor: 'email-password' | 'phone-password'): BooleanClaim {
  return firstFactor === 'phone-password' ? PhoneVerifiedClaim : SecondFactorClaim
}

/**
 * Asks for the claim, and for a second factor not older than `maxAge` seconds.
 *
 * The SDK's own `hasValue(true, maxAge)` would fetch the claim anew when it is too old, which writes `false` into the session:
 * a step-up on one route would take every other route away too. This one only refuses.
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
