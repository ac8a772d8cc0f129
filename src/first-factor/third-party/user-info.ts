import type { UserInfo } from 'supertokens-node/recipe/thirdparty/types'
import type { OAuth2Provider } from './oauth2-provider.js'
import { fits } from '../../lengths.js'
import { memberOf, textOf } from '../../members.js'

/** What the Core's columns can hold, without NUL. */
const isStorable = (text: string): boolean => text !== '' && !text.includes('\0') && fits(text)

/** Compares issuers. Microsoft's contains a placeholder for the tenant, and Google's tokens may omit the scheme. */
function isIssuedBy (issuer: string, claimed: string): boolean {
  const bare = (value: string): string => value.replace(/^https:\/\//, '')
  return issuer.includes('{') || bare(issuer) === bare(claimed)
}

/**
 * Whether the provider's answers belong together. The SDK checks an ID token's signature, expiry and audience. It does
 * not check the issuer (OpenID Connect Core 3.1.3.7), nor that the ID token and the user info concern the same person
 * (5.3.2).
 */
export function isConsistent ({ rawUserInfoFromProvider: raw }: UserInfo, issuer: string | undefined): boolean {
  const claimed = textOf(raw.fromIdTokenPayload, 'iss')
  if (issuer !== undefined && claimed !== undefined && !isIssuedBy(issuer, claimed)) return false
  const byIdToken = textOf(raw.fromIdTokenPayload, 'sub')
  const byAccessToken = textOf(raw.fromUserInfoAPI, 'sub')
  return byIdToken === undefined || byAccessToken === undefined || byIdToken === byAccessToken
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
  if (!isStorable(thirdPartyUserId)) return undefined
  const address: unknown = email?.id
  // Leave a missing address to the SDK: it tells the client, or makes one up for providers that need not supply one.
  if (email === undefined || address === undefined || address === null || address === '') return { ...others, thirdPartyUserId }
  if (typeof address !== 'string' || !isStorable(address)) return undefined
  return { ...others, thirdPartyUserId, email: { id: address, isVerified: email.isVerified === true || isVerifiedByUserInfo(info, config) } }
}
