import type { UserInfo } from 'supertokens-node/recipe/thirdparty/types'
import type { OAuth2Provider } from './oauth2-provider.js'
import { memberOf, textOf } from '../../members.js'

/** What a Core's columns hold: up to 256 characters, and no NUL. */
const STORABLE = /^[^\0]{1,256}$/

/** Microsoft's issuer has a placeholder for the tenant, and Google's tokens may leave out the scheme. */
function isIssuedBy (issuer: string, claimed: string): boolean {
  const bare = (value: string): string => value.replace(/^https:\/\//, '')
  return issuer.includes('{') || bare(issuer) === bare(claimed)
}

/**
 * Whether the answers belong together. The SDK checks an ID token's signature, expiry and audience; nothing checks that it and the
 * answer to the access token speak of the same person (OpenID Connect Core 5.3.2), or who issued it (3.1.3.7).
 */
export function isConsistent ({ rawUserInfoFromProvider: raw }: UserInfo, issuer: string | undefined): boolean {
  const claimed = textOf(raw.fromIdTokenPayload, 'iss')
  if (issuer !== undefined && claimed !== undefined && !isIssuedBy(issuer, claimed)) return false
  const byIdToken = textOf(raw.fromIdTokenPayload, 'sub')
  const byAccessToken = textOf(raw.fromUserInfoAPI, 'sub')
  return byIdToken === undefined || byAccessToken === undefined || byIdToken === byAccessToken
}

/**
 * Whether tokens that the client brought were issued to us. An access token alone does not show it: every other app that the person
 * has signed in to holds one as well, and could use it here in their name.
 */
export function isBoundToUs ({ rawUserInfoFromProvider: raw }: UserInfo): boolean {
  // The SDK has verified what is in here, audience included; some providers of its own never look at ID tokens.
  const verified = textOf(raw.fromIdTokenPayload, 'sub')
  const asked = Object.keys(raw.fromUserInfoAPI ?? {}).length > 0
  return verified !== undefined && (!asked || textOf(raw.fromUserInfoAPI, 'sub') === verified)
}

/**
 * Whether the answer to the access token says that the address is verified. The SDK takes an ID token that does not mention the address,
 * as most do that come with an access token (OpenID Connect Core 5.4), for one that says it is unverified.
 */
function isVerifiedByUserInfo ({ rawUserInfoFromProvider: raw, email }: UserInfo, { userInfoMap: map }: OAuth2Provider['config']): boolean {
  const { fromIdTokenPayload: inIdToken, fromUserInfoAPI: inUserInfo } = map ?? {}
  if ([inIdToken?.email, inIdToken?.emailVerified].some((key) => memberOf(raw.fromIdTokenPayload, key) !== undefined)) return false
  const verified = memberOf(raw.fromUserInfoAPI, inUserInfo?.emailVerified)
  return memberOf(raw.fromUserInfoAPI, inUserInfo?.email) === email?.id && (verified === true || verified === 'true')
}

/** What the Core takes; anything else would be a 500. Undefined when the provider names nobody. */
export function readable (info: UserInfo, config: OAuth2Provider['config']): UserInfo | undefined {
  const { thirdPartyUserId: given, email, ...others } = info
  const thirdPartyUserId = ['string', 'number'].includes(typeof given) ? String(given) : ''
  if (!STORABLE.test(thirdPartyUserId)) return undefined
  const address: unknown = email?.id
  // Without an address the SDK says so to the client, or makes one up where the provider need not give one.
  if (email === undefined || address === undefined || address === null || address === '') return { ...others, thirdPartyUserId }
  if (typeof address !== 'string' || !STORABLE.test(address)) return undefined
  return { ...others, thirdPartyUserId, email: { id: address, isVerified: email.isVerified === true || isVerifiedByUserInfo(info, config) } }
}
