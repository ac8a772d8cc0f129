import type { UserInfo } from 'supertokens-node/recipe/thirdparty/types'
import type { OAuth2Provider } from './oauth2-provider.js'
import { memberOf, textOf } from '../../members.js'

/** What the Core's columns can hold: up to 256 characters, without NUL. */
const STORABLE = /^[^\0]{1,256}$/

/**
 * Whether the ID token and the user info concern the same person (OpenID Connect Core 5.3.2), which the SDK does not
 * check.
 */
export function isConsistent ({ rawUserInfoFromProvider: raw }: UserInfo): boolean {
  const byIdToken = textOf(raw.fromIdTokenPayload, 'sub')
  const byAccessToken = textOf(raw.fromUserInfoAPI, 'sub')
  return byIdToken === undefined || byAccessToken === undefined || byIdToken === byAccessToken
}

/** The claims of the ID token, if the SDK has read one. Some of its built-in providers never do. */
export function idTokenOf ({ rawUserInfoFromProvider: { fromIdTokenPayload: payload } }: UserInfo): Record<string, unknown> | undefined {
  // Apple's `user` is put there by the SDK.
  return payload !== undefined && Object.keys(payload).some((claim) => claim !== 'user') ? payload : undefined
}

/**
 * Whether tokens that the client supplied were issued to this app. An access token alone does not prove it: every other
 * app that the user has signed in to holds one too, and could use it here in the user's name.
 */
export function isBoundToUs ({ rawUserInfoFromProvider: raw }: UserInfo): boolean {
  // The SDK has verified this payload, audience included. Some of its built-in providers never read ID tokens.
  const verified = textOf(raw.fromIdTokenPayload, 'sub')
  const asked = Object.keys(raw.fromUserInfoAPI ?? {}).length > 0
  return verified !== undefined && (!asked || textOf(raw.fromUserInfoAPI, 'sub') === verified)
}

/**
 * Whether the user info says that the address is verified. Most ID tokens that come with an access token do not mention
 * the address (OpenID Connect Core 5.4), and the SDK treats those as saying "unverified".
 */
function isVerifiedByUserInfo ({ rawUserInfoFromProvider: raw, email }: UserInfo, { userInfoMap: map }: OAuth2Provider['config']): boolean {
  const { fromIdTokenPayload: inIdToken, fromUserInfoAPI: inUserInfo } = map ?? {}
  if ([inIdToken?.email, inIdToken?.emailVerified].some((key) => memberOf(raw.fromIdTokenPayload, key) !== undefined)) return false
  const verified = memberOf(raw.fromUserInfoAPI, inUserInfo?.emailVerified)
  return memberOf(raw.fromUserInfoAPI, inUserInfo?.email) === email?.id && (verified === true || verified === 'true')
}

/**
 * Reduces user info to what the Core accepts; anything else would be a 500. Undefined if the provider names no user.
 */
export function readable (info: UserInfo, config: OAuth2Provider['config']): UserInfo | undefined {
  const { thirdPartyUserId: given, email, ...others } = info
  const thirdPartyUserId = ['string', 'number'].includes(typeof given) ? String(given) : ''
  if (!STORABLE.test(thirdPartyUserId)) return undefined
  const address: unknown = email?.id
  // Leave a missing address to the SDK: it tells the client, or makes one up for providers that need not supply one.
  if (email === undefined || address === undefined || address === null || address === '') return { ...others, thirdPartyUserId }
  if (typeof address !== 'string' || !STORABLE.test(address)) return undefined
  return { ...others, thirdPartyUserId, email: { id: address, isVerified: email.isVerified === true || isVerifiedByUserInfo(info, config) } }
}
