import parsePhoneNumber from 'libphonenumber-js/max'
import { maskReceiver } from '../delivery/mask.js'
import type { ImportableMethod, ImportableUser } from '../embedded-core/index.js'
import { maskPhoneNumber } from '../phone/number.js'

type Account = Pick<ImportableMethod, 'recipeId' | 'email' | 'phoneNumber' | 'thirdPartyId' | 'thirdPartyUserId'>

// `String`, since nothing has checked the types yet.
export const normalEmail = (email: unknown): string => String(email ?? '').trim().toLowerCase()
// As the Core does it: `toE164` also brings old numbers up to date, which the Core keeps apart.
export const normalPhone = (phone: unknown): string => parsePhoneNumber(String(phone ?? '').trim())?.number ?? String(phone ?? '').replaceAll(/[^\d+]/g, '')

/** Identifies a login method, whether its email or phone number is as typed or as normalised by a Core. */
export function accountKey ({ recipeId, email, phoneNumber, thirdPartyId, thirdPartyUserId }: Account): string {
  // The provider's user id decides; the email may have changed.
  if (thirdPartyUserId !== undefined) return JSON.stringify([recipeId, String(thirdPartyId).trim(), String(thirdPartyUserId).trim()])
  return JSON.stringify([recipeId, normalEmail(email), normalPhone(phoneNumber)])
}

/** The id that a user is to have, if the line gives one. */
export function idOf ({ externalUserId }: ImportableUser): string | undefined {
  return typeof externalUserId === 'string' && externalUserId.trim() !== '' ? externalUserId.trim() : undefined
}

/** The same for a line of the file and for that user in the Core's queue. */
export function userKey (user: ImportableUser): string {
  const id = idOf(user)
  return id === undefined ? accountKey(user.loginMethods[0] as ImportableMethod) : `id ${id}`
}

/** As `userKey`, but tells users with one id and different logins apart. */
export function wholeKey (user: ImportableUser): string {
  return JSON.stringify([idOf(user), ...user.loginMethods.map(accountKey).sort()])
}

/**
 * A message of the Core for people and logs: hashes, passwords and authenticator secrets replaced by `…`, e-mail
 * addresses and phone numbers masked.
 */
export function withoutSecrets (message: string, users: ImportableUser[]): string {
  const secrets = users.flatMap(({ loginMethods, totpDevices }) => [
    ...loginMethods.flatMap((method) => [method.passwordHash, (method as { plainTextPassword?: string }).plainTextPassword]),
    ...(Array.isArray(totpDevices) ? totpDevices.map((device) => device?.secretKey) : [])
  ])
  return secrets.filter((secret) => typeof secret === 'string' && secret.trim() !== '')
    .reduce<string>((text, secret) => text.replaceAll((secret as string).trim(), '…'), message)
    .replaceAll(/[^\s"'<>@]{1,256}@[^\s"'<>@]{1,256}/g, maskReceiver)
    .replaceAll(/\+\d[\d ().-]{5,30}\d/g, (phone) => maskPhoneNumber(phone.replaceAll(/[^\d+]/g, '')))
}
