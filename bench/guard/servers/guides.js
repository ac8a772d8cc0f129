import supertokens from 'supertokens-node'
import Session from 'supertokens-node/recipe/session'
import { BooleanClaim } from 'supertokens-node/recipe/session/claims'

/** `supertokens.init` as in the guides: the claim is a global validator. */
export function init (framework, connectionURI) {
  const SecondFactorClaim = new BooleanClaim({ key: '2fa-completed', fetchValue: () => false })
  supertokens.init({
    framework,
    supertokens: { connectionURI },
    appInfo: { appName: 'bench', apiDomain: 'http://localhost:3000', websiteDomain: 'http://localhost:3001', apiBasePath: '/auth', websiteBasePath: '/auth' },
    telemetry: false,
    recipeList: [Session.init({
      override: {
        functions: (original) => ({
          ...original,
          getGlobalClaimValidators: (input) => [...input.claimValidatorsAddedByOtherRecipes, SecondFactorClaim.validators.hasValue(true)]
        })
      }
    })]
  })
}
