import type { JsonObject } from '../input/json.js'
import { publicId, tenantIdsOf, timeJoined, type LoginMethod, type User } from './accounts.js'

/** A user in the form that replies carry. */
export function userJson (user: User): JsonObject {
  const present = <T>(values: Array<T | null>) => [...new Set(values.filter((value) => value !== null))]
  return {
    id: publicId(user),
    isPrimaryUser: user.isPrimary,
    tenantIds: tenantIdsOf(user),
    timeJoined: timeJoined(user),
    emails: present(user.methods.map((method) => method.email)),
    phoneNumbers: present(user.methods.map((method) => method.phone)),
    thirdParty: user.methods.flatMap((method) => thirdPartyJson(method) ?? []),
    webauthn: { credentialIds: [] },
    loginMethods: user.methods.map((method) => {
      const thirdParty = thirdPartyJson(method)
      return {
        tenantIds: method.tenantIds,
        recipeUserId: publicId(method),
        verified: method.verified,
        timeJoined: method.timeJoined,
        recipeId: method.recipe,
        ...(method.email !== null && { email: method.email }),
        ...(method.phone !== null && { phoneNumber: method.phone }),
        ...(thirdParty !== undefined && { thirdParty })
      }
    })
  }
}

function thirdPartyJson ({ provider, providerUserId }: LoginMethod): { id: string, userId: string } | undefined {
  return provider === null || providerUserId === null ? undefined : { id: provider, userId: providerUserId }
}
