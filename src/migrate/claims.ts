import type { ImportableMethod, ImportableUser } from '../embedded-core/index.js'
import { idOf, normalEmail, normalPhone } from './identity.js'

/** What a Core gives to one user only: an id, or an address within a tenant. */
export interface Claim {
  /** The same for everybody who claims the same. */
  key: string
  what: string
}

export interface AddressClaim extends Claim {
  /** Where the Core lists users who might have it. */
  question: string
  isHeldBy (user: CoreUser): boolean
  /** What the Core would say of it, under its own error number. */
  message: string
}

type Method = Pick<ImportableMethod, 'recipeId' | 'email' | 'phoneNumber'>

export interface CoreUser {
  id: string
  isPrimaryUser?: boolean
  loginMethods: Array<Method & { tenantIds?: string[], thirdParty?: { id: string, userId: string } }>
}

type Address = { what: string, info: Record<string, string>, isOf: (method: Method) => boolean }

/** Whether a value can be asked for. The Core refuses all others, and names what is wrong with them. */
function isAskable (value: unknown, most: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= most && !/\p{Cc}/u.test(value.trim())
}

/** The tenants of a login method. The Core takes none given as the public one. */
export function tenantsOf ({ tenantIds }: ImportableMethod): string[] {
  if (!Array.isArray(tenantIds)) return ['public']
  return tenantIds.filter((id) => typeof id === 'string' && /^[a-z\d-]{1,64}$/i.test(id)).map((id) => id.toLowerCase())
}

/** Whether the Core makes a primary user of it, to whom others can be linked. */
export function isPrimary ({ loginMethods }: ImportableUser): boolean {
  return loginMethods.length > 1 || loginMethods.some((method) => method.isPrimary === true)
}

export const idTaken = (id: string): string => `E031: A user with externalId ${id} already exists`

/** An id that can be looked up. */
export function askableId (user: ImportableUser): string | undefined {
  const id = idOf(user)
  return isAskable(id, 128) ? id : undefined
}

export function claimsOf (user: ImportableUser): Claim[] {
  const id = askableId(user)
  return [...(id === undefined ? [] : [{ key: `id ${id}`, what: 'externalUserId' }]), ...addressClaimsOf(user)]
}

export function addressClaimsOf (user: ImportableUser): AddressClaim[] {
  const primary = isPrimary(user)
  const claims = user.loginMethods.flatMap((method) => tenantsOf(method).flatMap((tenantId) => [
    ...loginClaims(tenantId, method),
    ...(primary ? primaryClaims(tenantId, method) : [])
  ]))
  // Logins of one user may share an address, which is one claim of the primary user.
  return [...new Map(claims.map((claim) => [claim.key, claim])).values()]
}

function contactsOf ({ email, phoneNumber }: ImportableMethod): Address[] {
  return [
    ...(isAskable(email, 255) ? [{ what: 'email', info: { email: normalEmail(email) }, isOf: (method: Method) => normalEmail(method.email) === normalEmail(email) }] : []),
    // The Core has found the number. Its way to write it may be another.
    ...(isAskable(phoneNumber, 256) ? [{ what: 'phoneNumber', info: { phoneNumber: normalPhone(phoneNumber) }, isOf: (method: Method) => method.phoneNumber !== undefined }] : [])
  ]
}

function questionOf (tenantId: string, { info }: Address): string {
  return `/${tenantId}/users/by-accountinfo?${new URLSearchParams({ ...info, doUnionOfAccountInfo: 'false' }).toString()}`
}

const NUMBERS: Record<string, string> = { 'emailpassword email': 'E003', 'passwordless email': 'E006', 'passwordless phoneNumber': 'E007' }

function loginClaims (tenantId: string, method: ImportableMethod): AddressClaim[] {
  const { recipeId, thirdPartyId, thirdPartyUserId } = method
  const social: Address[] = recipeId === 'thirdparty' && isAskable(thirdPartyId, 28) && isAskable(thirdPartyUserId, 256)
    ? [{ what: 'thirdPartyUserId', info: { thirdPartyId: thirdPartyId.trim(), thirdPartyUserId: thirdPartyUserId.trim() }, isOf: () => true }]
    : []
  const contacts = contactsOf(method).filter(({ what }) => `${recipeId} ${what}` in NUMBERS)
  return [...social, ...contacts].map((address) => ({
    key: JSON.stringify([tenantId, recipeId, address.info]),
    what: address.what,
    question: questionOf(tenantId, address),
    isHeldBy: (user) => user.loginMethods.some((one) => one.recipeId === recipeId && (one.tenantIds ?? [tenantId]).includes(tenantId) && address.isOf(one)),
    message: recipeId === 'thirdparty'
      ? `E005: A user with thirdPartyId ${thirdPartyId} and thirdPartyUserId ${thirdPartyUserId} already exists in thirdparty loginMethod.`
      : `${NUMBERS[`${recipeId} ${address.what}`]}: A user with ${address.what} ${address.info[address.what]} already exists in ${recipeId} loginMethod.`
  }))
}

/** Of several primary users in a tenant, one may have an address, whichever way they sign in. */
function primaryClaims (tenantId: string, method: ImportableMethod): AddressClaim[] {
  return contactsOf(method).map((address) => ({
    key: JSON.stringify([tenantId, 'primary', address.info]),
    what: address.what,
    question: questionOf(tenantId, address),
    isHeldBy: (user) => user.isPrimaryUser === true,
    message: `E022: The ${address.what} ${address.info[address.what]} is already associated with another primary user.`
  }))
}
