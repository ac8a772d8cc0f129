import type { ImportableMethod, ImportableUser } from '../embedded-core/index.js'

type Account = Pick<ImportableMethod, 'recipeId' | 'email' | 'phoneNumber' | 'thirdPartyId' | 'thirdPartyUserId'>

/** Identifies a login method, whether its email or phone number is as typed or as normalised by a Core. */
export function accountKey ({ recipeId, email, phoneNumber, thirdPartyId, thirdPartyUserId }: Account): string {
  // The provider's user id decides; the email may have changed.
  if (thirdPartyUserId !== undefined) return JSON.stringify([recipeId, thirdPartyId, thirdPartyUserId])
  // `String`, since nothing has checked the types yet.
  return JSON.stringify([recipeId, String(email ?? '').trim().toLowerCase(), String(phoneNumber ?? '').replaceAll(/[^\d+]/g, '')])
}

/** The same for a line of the file and for that user in the Core's queue. */
export function userKey ({ externalUserId, loginMethods }: ImportableUser): string {
  return typeof externalUserId === 'string' ? `id ${externalUserId.trim()}` : accountKey(loginMethods[0] as ImportableMethod)
}

/** A message of the Core with any quoted hash, password or authenticator secret replaced by `…`. */
export function withoutSecrets (message: string, users: ImportableUser[]): string {
  const secrets = users.flatMap(({ loginMethods, totpDevices }) => [
    ...loginMethods.flatMap((method) => [method.passwordHash, (method as { plainTextPassword?: string }).plainTextPassword]),
    ...(Array.isArray(totpDevices) ? totpDevices.map((device) => device?.secretKey) : [])
  ])
  return secrets.filter((secret) => typeof secret === 'string' && secret.trim() !== '')
    .reduce<string>((text, secret) => text.replaceAll((secret as string).trim(), '…'), message)
}
