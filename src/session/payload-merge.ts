import { isDeepStrictEqual } from 'node:util'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { beforeEachMerge } from '../supertokens/sdk-internals.js'

type Payload = Record<string, unknown>

/** Decodes a token's payload. The SDK has verified the token before it asks for a new one. */
function payloadOf (accessToken: string): Payload {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Payload
}

/** The keys that the last change in a context removes, for which its caller gave `null`. */
const removals = new WeakMap<UserContext, string[]>()

function noteRemovals (update: Payload, userContext: UserContext): void {
  removals.set(userContext, Object.keys(update).filter((key) => update[key] === null))
}

/** Applies the changes between `before` and `after` to `stored`, and removes keys that an older token may not have. */
function applied (stored: Payload, before: Payload, after: Payload, removed: readonly string[]): Payload {
  const result = { ...stored }
  for (const key of removed) delete result[key]
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isDeepStrictEqual(before[key], after[key])) continue
    if (after[key] === undefined) delete result[key]
    else result[key] = after[key]
  }
  return result
}

/**
 * Applies changes of a session's payload to the payload in the Core instead of the one in the token. The SDK writes the
 * token's whole payload back with each change: a token issued before a claim or role was revoked would restore it
 * permanently.
 */
export function mergeWithStored (original: RecipeInterface): Pick<RecipeInterface, 'regenerateAccessToken'> {
  // The SDK says what is left, and not what was to be removed.
  beforeEachMerge(noteRemovals)
  return {
    async regenerateAccessToken (input) {
      const { accessToken, userContext } = input
      const removed = removals.get(userContext) ?? []
      const before = payloadOf(accessToken)
      // Tokens of formats before version 3 use another name, and hold no claims.
      if (typeof before.sessionHandle !== 'string') return await original.regenerateAccessToken(input)
      const information = await original.getSessionInformation({ sessionHandle: before.sessionHandle, userContext })
      if (information === undefined) return undefined
      const newAccessTokenPayload = applied(information.customClaimsInAccessTokenPayload as Payload, before, (input.newAccessTokenPayload ?? {}) as Payload, removed)
      return await original.regenerateAccessToken({ ...input, newAccessTokenPayload })
    }
  }
}
