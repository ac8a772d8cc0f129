import { isDeepStrictEqual } from 'node:util'
import { PermissionClaim, UserRoleClaim } from 'supertokens-node/recipe/userroles'
import type { RecipeInterface, SessionClaimValidator, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'

const CLAIMS = [UserRoleClaim, PermissionClaim]

type Claim = typeof CLAIMS[number]
type Payload = Parameters<Claim['getValueFromPayload']>[0]

/** Whether a claim must be fetched again. `maxAge` in seconds. A time in the future proves nothing. */
export function isOld (claim: Claim, payload: Payload, maxAge: number, userContext: UserContext): boolean {
  return !(Math.abs(Date.now() - (claim.getLastRefetchTime(payload, userContext) ?? NaN)) <= maxAge * 1000)
}

/** Makes the SDK fetch roles and permissions again before any validator of theirs decides, a host's own included. */
function refetchingWhenOld (validator: SessionClaimValidator, maxAge: number): SessionClaimValidator {
  const claim = 'claim' in validator ? CLAIMS.find(({ key }) => key === validator.claim.key) : undefined
  if (claim === undefined || !('claim' in validator)) return validator
  return {
    ...validator,
    shouldRefetch: async (payload, userContext) => isOld(claim, payload, maxAge, userContext) || await validator.shouldRefetch(payload, userContext)
  }
}

async function renew (session: SessionContainerInterface, maxAge: number, userContext: UserContext): Promise<void> {
  const payload = session.getAccessTokenPayload(userContext)
  const old = CLAIMS.filter((claim) => claim.getValueFromPayload(payload, userContext) !== undefined && isOld(claim, payload, maxAge, userContext))
  let update: Payload = {}
  let isNews = false
  for (const claim of old) {
    const value = await claim.fetchValue(session.getUserId(), session.getRecipeUserId(), session.getTenantId(), payload, userContext) ?? []
    update = claim.addToPayload_internal(update, value, userContext)
    // Most users have no roles: for them nothing needs to be written.
    isNews ||= value.length > 0 || !isDeepStrictEqual(value, claim.getValueFromPayload(payload, userContext))
  }
  if (isNews) await session.mergeIntoAccessTokenPayload(update, userContext)
}

/**
 * Roles and permissions are in the token. The SDK fetches them once, at sign-in, so a role that was taken away would stay
 * as long as the session is refreshed. Here they are fetched again at each refresh, and before a check, if they are older
 * than `maxAge` seconds.
 */
export function refetchRoles (original: RecipeInterface, maxAge: number): Pick<RecipeInterface, 'refreshSession' | 'validateClaims'> {
  return {
    async refreshSession (input) {
      const session = await original.refreshSession(input)
      await renew(session, maxAge, input.userContext)
      return session
    },
    async validateClaims (input) {
      return await original.validateClaims({ ...input, claimValidators: input.claimValidators.map((validator) => refetchingWhenOld(validator, maxAge)) })
    }
  }
}
