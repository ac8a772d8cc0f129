/**
 * What apps need of supertokens-node, from the copy that fastify-2fa has started (`fastify-2fa/supertokens`). An app
 * that imports the SDK itself may get another copy, which knows nothing of this one. `init` is left out, because the
 * plugin calls it.
 */
export {
  convertToRecipeUserId, createUserIdMapping, deleteUser, deleteUserIdMapping, getRequestFromUserContext, getUser,
  getUserCount, getUserIdMapping, getUsersNewestFirst, getUsersOldestFirst, isRecipeInitialized, listUsersByAccountInfo,
  updateOrDeleteUserIdMappingInfo
} from 'supertokens-node'

// Made by convertToRecipeUserId: Node does not see the class itself among the SDK's exports.
export type { RecipeUserId } from 'supertokens-node'

export * as Dashboard from 'supertokens-node/recipe/dashboard'
export * as EmailPassword from 'supertokens-node/recipe/emailpassword'
export * as EmailVerification from 'supertokens-node/recipe/emailverification'
export * as Multitenancy from 'supertokens-node/recipe/multitenancy'
export * as Passwordless from 'supertokens-node/recipe/passwordless'
export * as Session from 'supertokens-node/recipe/session'
export * as ThirdParty from 'supertokens-node/recipe/thirdparty'
export * as UserMetadata from 'supertokens-node/recipe/usermetadata'
export * as UserRoles from 'supertokens-node/recipe/userroles'

export { BooleanClaim, PrimitiveArrayClaim, PrimitiveClaim, SessionClaim } from 'supertokens-node/recipe/session/claims'
export type { SessionClaimValidator, SessionContainerInterface, VerifySessionOptions } from 'supertokens-node/recipe/session/types'
export type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
export type { AppInfo, JSONObject, User, UserContext } from 'supertokens-node/types'
