import { isDeepStrictEqual } from 'node:util'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'

type Payload = Record<string, unknown>

/** What a token says of itself; the SDK has verified it before it asks for another. */
function payloadOf (accessToken: string): Payload {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Payload
}

/** What has changed from `before` to `after`, done to `stored`. */
function applied (stored: Payload, before: Payload, after: Payload): Payload {
  const result = { ...stored }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isDeepStrictEqual(before[key], after[key])) continue
    if (after[key] === undefined) delete result[key]
    else result[key] = after[key]
  }
  return result
}

/**
 * Changes to a session's payload are made to what the Core holds, not to what the token holds. The SDK writes the whole payload of the
 * token back with each change, so that a token from before a claim or a role was taken away would restore it for good.
 */
export function mergeWithStored (original: RecipeInterface): Pick<RecipeInterface, 'regenerateAccessToken'> {
  return {
    async regenerateAccessToken (input) {
      const { accessToken, userContext } = input
      const before = payloadOf(accessToken)
      // Tokens of the formats before version 3 name it otherwise, and hold no claims.
      if (typeof before.sessionHandle !== 'string') return await original.regenerateAccessToken(input)
      const information = await original.getSessionInformation({ sessionHandle: before.sessionHandle, userContext })
      if (information === undefined) return undefined
      const newAccessTokenPayload = applied(information.customClaimsInAccessTokenPayload as Payload, before, (input.newAccessTokenPayload ?? {}) as Payload)
      return await original.regenerateAccessToken({ ...input, newAccessTokenPayload })
    }
  }
}
