import keySets from 'supertokens-node/lib/build/combinedRemoteJWKSet'
import querier from 'supertokens-node/lib/build/querier'
import recipe from 'supertokens-node/lib/build/recipe/session/recipe'
import sessionClass from 'supertokens-node/lib/build/recipe/session/sessionClass'
import { getCookieNameForTokenType } from 'supertokens-node/lib/build/recipe/session/utils'
import { getTopLevelDomainForSameSiteResolution, makeDefaultUserContextFromAPI } from 'supertokens-node/lib/build/utils'

/**
 * What is needed of the SDK and its public exports do not give; nothing else reaches into the SDK. The version range in
 * package.json admits patches only, and `self-check.ts` tries the session class when the app starts.
 */

/** The class behind every session object. */
export const SdkSession = sessionClass.default

/** The session recipe as it runs: its settings, and its functions with every override around them. */
export const runningSessionRecipe = () => recipe.default.getInstanceOrThrowError()

export type RunningSessionRecipe = ReturnType<typeof runningSessionRecipe>

/** Puts a `fetch` around the one by which the SDK calls the Core and the providers of social logins. */
export function wrapSdkFetch (wrap: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch): void {
  Object.assign(querier, { doFetch: wrap(querier.doFetch) })
}

/** Has the SDK look for the keys of tokens where `keyFor` does. */
export function replaceKeySet (keyFor: ReturnType<typeof keySets.getCombinedJWKS>): void {
  Object.assign(keySets, { getCombinedJWKS: () => keyFor })
}

export { getCookieNameForTokenType, getTopLevelDomainForSameSiteResolution, makeDefaultUserContextFromAPI }
