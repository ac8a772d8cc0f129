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

export { getCookieNameForTokenType, getTopLevelDomainForSameSiteResolution, makeDefaultUserContextFromAPI }
