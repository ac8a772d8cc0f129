import MultiFactorAuth from 'supertokens-auth-react/recipe/multifactorauth'
import Session, { BooleanClaim } from 'supertokens-auth-react/recipe/session'
import { sessionOptions } from './config.js'

/** The claim of the second factor. Only entering a code changes it, so there is nothing to refresh. */
export function secondFactorClaim (id, page) {
  return new BooleanClaim({ id, refresh: async () => {}, onFailureRedirection: () => page })
}

const isMultiFactorAuth = ({ id }) => id === MultiFactorAuth.MultiFactorAuthClaim.id

/**
 * The session recipe, whose pages want `claim`. The claim of SuperTokens' paid MFA recipe is left out: that recipe is
 * there to say what a first factor is.
 *
 * @param order puts the claim before or after those of other recipes; the two demos differ
 */
export function initSession (claim, order) {
  return Session.init({
    ...sessionOptions,
    override: {
      functions: (original) => ({
        ...original,
        getGlobalClaimValidators ({ claimValidatorsAddedByOtherRecipes }) {
          const others = claimValidatorsAddedByOtherRecipes.filter((validator) => !isMultiFactorAuth(validator))
          const ours = claim.validators.isTrue()
          return order === 'first' ? [ours, ...others] : [...others, ours]
        }
      })
    }
  })
}
