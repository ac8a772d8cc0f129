import keySets from 'supertokens-node/lib/build/combinedRemoteJWKSet'
import urlPath from 'supertokens-node/lib/build/normalisedURLPath'
import querier from 'supertokens-node/lib/build/querier'
import supertokens from 'supertokens-node/lib/build/supertokens'
import passwords from 'supertokens-node/lib/build/recipe/emailpassword/recipe'
import { buildFrontToken } from 'supertokens-node/lib/build/recipe/session/cookieAndHeaders'
import recipe from 'supertokens-node/lib/build/recipe/session/recipe'
import sessionClass from 'supertokens-node/lib/build/recipe/session/sessionClass'
import { getCookieNameForTokenType } from 'supertokens-node/lib/build/recipe/session/utils'
import type { ReqResInfo, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import type { UserContext } from 'supertokens-node/types'
import { getTopLevelDomainForSameSiteResolution, makeDefaultUserContextFromAPI } from 'supertokens-node/lib/build/utils'

/**
 * Internals of the SDK that its public exports lack. Nothing else in the project reaches into the SDK. The version
 * range in package.json admits only patches, and `src/session/self-check.ts` tests the session class when the app
 * starts.
 */

/** The class that holds the SDK's state. */
export const Sdk = supertokens.default

/** The SDK as it was initialised; undefined before. */
export function runningSdk (): object | undefined {
  try {
    return Sdk.getInstanceOrThrowError()
  } catch {
    return undefined
  }
}

/** The class of every session object. */
export const SdkSession = sessionClass.default

type Merge = SessionContainerInterface['mergeIntoAccessTokenPayload']

/** Where the class keeps its own function, whichever copy of this module wraps it. */
const OWN_MERGE = Symbol.for('fastify-2fa.merge')

/**
 * Calls `note` with the change and its context before a session's payload changes. Recipe functions get the whole new
 * payload only.
 */
export function beforeEachMerge (note: (update: Record<string, unknown>, userContext: UserContext) => void): void {
  const prototype = SdkSession.prototype as unknown as { mergeIntoAccessTokenPayload: Merge, [OWN_MERGE]?: Merge }
  const own = (prototype[OWN_MERGE] ??= prototype.mergeIntoAccessTokenPayload)
  prototype.mergeIntoAccessTokenPayload = async function (this: { reqResInfo?: ReqResInfo }, update, userContext) {
    const context = (userContext ?? (this.reqResInfo === undefined ? {} : makeDefaultUserContextFromAPI(this.reqResInfo.req))) as UserContext
    note(update, context)
    await own.call(this, update, context)
  }
}

/** The running session recipe: its settings, and its functions with all overrides. */
export const runningSessionRecipe = () => recipe.default.getInstanceOrThrowError()

/** What the sign-up form says of a field's value, with the host's own checks; undefined if it takes it. */
export async function signUpFieldProblem (id: 'email', value: string, tenantId: string, userContext: UserContext): Promise<string | undefined> {
  const { formFields } = passwords.default.getInstanceOrThrowError().config.signUpFeature
  return await formFields.find((field) => field.id === id)?.validate(value, tenantId, userContext)
}

/** The providers of social logins, as the SDK reads them for each sign-in. Loaded only where there are some. */
export async function runningProviders (): Promise<readonly ProviderInput[]> {
  const { default: { default: thirdParty } } = await import('supertokens-node/lib/build/recipe/thirdparty/recipe.js')
  return thirdParty.getInstanceOrThrowError().providers
}

export type RunningSessionRecipe = ReturnType<typeof runningSessionRecipe>

/** Wraps the `fetch` with which the SDK calls the Core and the providers of social logins. */
export function wrapSdkFetch (wrap: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch): void {
  Object.assign(querier, { doFetch: wrap(querier.doFetch) })
}

/**
 * Makes the SDK normalise paths without an exception. It turns `/signin` into a URL of `example.com`, but throws and
 * catches an error before that, for some twenty paths a request.
 */
export function normalisePathsFaster (): void {
  class UrlPath extends urlPath.default {
    constructor (path: string) {
      super(path.startsWith('/') ? `http://example.com${path}` : path)
      this.appendPath = (other) => new UrlPath(this.getAsStringDangerous() + other.getAsStringDangerous())
    }
  }
  Object.assign(urlPath, { default: UrlPath })
}

interface RequestCache {
  _default?: { coreCallCache?: Record<PropertyKey, unknown>, globalCacheTag?: unknown }
}

const cacheTag = (): unknown => (querier.Querier as unknown as { globalCacheTag: unknown }).globalCacheTag

/**
 * Keeps a value beside the answers that the SDK keeps during a request, and as long as them: until its next call to the Core
 * that is no `GET`.
 */
export function keepWithAnswers (userContext: UserContext, key: symbol, value: object): void {
  const context = userContext as RequestCache
  const { coreCallCache, globalCacheTag } = context._default ?? {}
  const answers = globalCacheTag === cacheTag() ? coreCallCache : {}
  context._default = { ...context._default, coreCallCache: { ...answers, [key]: value }, globalCacheTag: cacheTag() }
}

export function keptWithAnswers<Value extends object> (userContext: UserContext, key: symbol): Value | undefined {
  const { coreCallCache, globalCacheTag } = (userContext as RequestCache)._default ?? {}
  return globalCacheTag === cacheTag() ? coreCallCache?.[key] as Value | undefined : undefined
}

/** Makes the SDK find the keys of tokens with `keyFor`. */
export function replaceKeySet (keyFor: ReturnType<typeof keySets.getCombinedJWKS>): void {
  Object.assign(keySets, { getCombinedJWKS: () => keyFor })
}

export { buildFrontToken, getCookieNameForTokenType, getTopLevelDomainForSameSiteResolution, makeDefaultUserContextFromAPI }
