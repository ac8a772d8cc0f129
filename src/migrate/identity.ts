import type { ImportableMethod, ImportableUser } from '../embedded-core/index.js'

type Account = Pick<ImportableMethod, 'recipeId' | 'email' | 'phoneNumber' | 'thirdPartyId' | 'thirdPartyUserId'>

/** What makes a login method the same one wherever it is written down: as it was typed, or as a Core has normalised it. */
export function accountKey ({ recipeId, email, phoneNumber, thirdPartyId, thirdPartyUserId }: Account): string {
  // A provider's own id says who it is; the email beside it may have changed.
  if (thirdPartyUserId !== undefined) return JSON.stringify([recipeId, thirdPartyId, thirdPartyUserId])
  // Nobody has checked yet whether they are texts.
  return JSON.stringify([recipeId, String(email ?? '').trim().toLowerCase(), String(phoneNumber ?? '').replaceAll(/[^\d+]/g, '')])
}

/** By which a line of the file and a user in the Core's queue are found to be the same. */
export function userKey ({ externalUserId, loginMethods }: ImportableUser): string {
  return typeof externalUserId === 'string' ? `id ${externalUserId.trim()}` : accountKey(loginMethods[0] as ImportableMethod)
}

/** A message of the Core without what must not be seen, even if it quotes it. */
export function withoutSecrets (message: string, users: ImportableUser[]): string {
  const secrets = users.flatMap(({ loginMethods, totpDevices }) => [
    ...loginMethods.flatMap((method) => [method.passwordHash, (method as { plainTextPassword?: string }).plainTextPassword]),
    ...(Array.isArray(totpDevices) ? totpDevices.map((device) => device?.secretKey) : [])
  ])
  return secrets.filter((secret) => typeof secret === 'string' && secret.trim() !== '')
    .reduce<string>((text, secret) => text.replaceAll((secret as string).trim(), '…'), message)
}
