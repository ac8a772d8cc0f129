import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import { EnrolmentRefused } from '../errors.js'
import { subjectOf, type Factor } from './factor.js'
import type { SecondFactorRequest } from './requests.js'

/** How fresh a second factor must be to add another one, in milliseconds. */
const FRESH_MS = 5 * 60_000

/** Which records must be absent for an enrolment to be allowed; see `enrolment.ts`. */
export type EnrolmentTerms = readonly string[]

/**
 * Decides who may enrol a factor. Without this, a thief with the password would enrol a second factor that the owner does
 * not have yet, and pass with that one.
 *
 * - Nothing is enrolled: anyone with the first factor may (trust on first use; see docs/second-factor.md).
 * - Something is enrolled: only a session that passed it within the last five minutes. Which factor it passed is not
 *   recorded, so all that are enrolled must be equally strong: the session may have passed the weakest of them only.
 * - Something is broken: nobody may.
 */
export function createPolicy (factors: readonly Factor[], claim: BooleanClaim) {
  const everyRecord = factors.map(({ record }) => record)

  function passedJustNow ({ payload }: SecondFactorRequest, userContext: UserContext): boolean {
    if (claim.getValueFromPayload(payload, userContext) !== true) return false
    return Date.now() - (claim.getLastRefetchTime(payload, userContext) ?? 0) <= FRESH_MS
  }

  return {
    /** @throws AUTH_ENROLMENT_REFUSED */
    async requireMayEnrol (factor: Factor, request: SecondFactorRequest, userContext: UserContext): Promise<EnrolmentTerms> {
      const others = factors.filter((other) => other.id !== factor.id)
      const states = await Promise.all(others.map(async (other) => ({ other, ...await other.state(subjectOf(request.session), userContext) })))
      if (states.some(({ state }) => state === 'broken')) throw new EnrolmentRefused()
      const enrolled = states.filter(({ state }) => state === 'enrolled').map(({ other }) => other.strength)
      if (enrolled.length === 0) return everyRecord
      if (!passedJustNow(request, userContext) || new Set(enrolled).size > 1) throw new EnrolmentRefused()
      return [factor.record]
    }
  }
}

export type Policy = ReturnType<typeof createPolicy>
