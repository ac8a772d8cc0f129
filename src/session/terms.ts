import { convertToRecipeUserId } from 'supertokens-node'
import type { RecipeRegistry } from '../supertokens/recipe-registry.js'
import { getCookieNameForTokenType, makeDefaultUserContextFromAPI, type RunningSessionRecipe } from '../supertokens/sdk-internals.js'
import { clonesBehave } from './self-check.js'
import { TRANSFER_METHODS, type TransferMethodSetting } from './transfer-method.js'

/** The rules that the SDK applies to every request alike in this process. */
export interface Terms {
  transferMethod: TransferMethodSetting
  /** `BY_ORIGIN` is the SDK's default: NONE or VIA_CUSTOM_HEADER, depending on the website that asks. */
  antiCsrf: 'NONE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN' | 'BY_ORIGIN'
  /** Whether the global claim validators check only the second factor, and no other code takes part in them. */
  claimsInToken: boolean
  /** Whether they require the second factor. */
  globalSecondFactor: boolean
}

/**
 * Reads the rules of the running SDK, once.
 *
 * @throws the reason why no result may be cached: code of the host takes part in the SDK's decision about a token
 */
export async function readTerms (recipe: RunningSessionRecipe, overrides: RecipeRegistry['overrides'], behave = clonesBehave): Promise<Terms> {
  const { config } = recipe
  const transferMethod = Object.entries(TRANSFER_METHODS).find(([, method]) => method === config.getTokenTransferMethod)?.[0]
  if (transferMethod === undefined) throw new Error('getTokenTransferMethod was replaced')
  if (config.getCookieNameForTokenType !== getCookieNameForTokenType) throw new Error('getCookieNameForTokenType was replaced')
  // The one override is ours, which observes.
  if (overrides('session', 'getSession') !== 1) throw new Error('another override of the session recipe replaces getSession')
  if (!await behave()) throw new Error('this version of supertokens-node is not known')

  // One override of each is ours: the second factor's validator, and roles that are fetched again.
  const claimsInToken = overrides('session', 'getGlobalClaimValidators') === 1 && overrides('session', 'validateClaims') === 1 &&
    recipe.getClaimValidatorsAddedByOtherRecipes().length === 0
  return {
    transferMethod: transferMethod as TransferMethodSetting,
    antiCsrf: typeof config.antiCsrfFunctionOrString === 'string' ? config.antiCsrfFunctionOrString : 'BY_ORIGIN',
    claimsInToken,
    globalSecondFactor: claimsInToken && (await globalValidators(recipe)).length > 0
  }
}

/**
 * Runs the global claim validators' factory. With {@link Terms.claimsInToken} they are the second-factor plugin's, and
 * the same for everyone.
 */
async function globalValidators ({ recipeInterfaceImpl }: RunningSessionRecipe) {
  return await recipeInterfaceImpl.getGlobalClaimValidators({
    userId: '-',
    recipeUserId: convertToRecipeUserId('-'),
    tenantId: 'public',
    claimValidatorsAddedByOtherRecipes: [],
    userContext: makeDefaultUserContextFromAPI({} as never)
  })
}
