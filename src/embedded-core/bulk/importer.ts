import { badRequest } from '../input/refusals.js'
import { hashInTurn } from '../passwords/hashing.js'
import type { Storage } from '../storage/storage.js'
import { PUBLIC, type App } from '../tenants/apps.js'
import { addDevice } from '../totp/devices.js'
import { createMethod, findMethod, findUser, type AccountInfo, type User } from '../users/accounts.js'
import { setVerified } from '../users/email-verification.js'
import { createMapping } from '../users/id-mapping.js'
import { checkLink, checkPrimary, link, makePrimary } from '../users/linking.js'
import { mergeMetadata } from '../users/metadata.js'
import { addRole, roleExists } from '../users/roles.js'
import type { BulkMethod } from './methods.js'
import type { BulkUser } from './user.js'

/** The login method that gives the person its id: the one marked as primary, else the oldest. */
export function primaryMethod ({ loginMethods }: BulkUser): BulkMethod {
  return loginMethods.find((method) => method.isPrimary) ??
    loginMethods.reduce((oldest, method) => method.timeJoinedInMSSinceEpoch < oldest.timeJoinedInMSSinceEpoch ? method : oldest)
}

/**
 * Imports one user in one transaction, which also runs `alongside`.
 *
 * @throws a refusal that gives the reason, with the real Core's error number
 */
export async function importUser (app: App, user: BulkUser, alongside: () => void = () => {}): Promise<User> {
  const hashes = new Map<BulkMethod, string>()
  for (const method of user.loginMethods) {
    const { passwordHash, plainTextPassword } = method
    if (passwordHash !== undefined) hashes.set(method, passwordHash)
    else if (plainTextPassword !== undefined) hashes.set(method, await hashInTurn(plainTextPassword, { hashing: app.hashing, settings: app.settings(PUBLIC), refusable: false }))
  }
  const { db } = app
  return db.transaction(() => {
    for (const method of user.loginMethods) addMethod(db, method, hashes.get(method))
    linkMethods(db, user)
    const { superTokensUserId: primaryId } = primaryMethod(user)
    const externalId = user.externalUserId
    if (externalId !== undefined && createMapping(db, primaryId, externalId, null, app.now()).status !== 'OK') {
      throw badRequest(`E031: A user with externalId ${externalId} already exists`)
    }
    const id = externalId ?? primaryId
    for (const method of user.loginMethods) if (method.isVerified && method.email !== undefined) setVerified(db, method.superTokensUserId, method.email)
    for (const { secretKey, deviceName, ...device } of user.totpDevices ?? []) addDevice(app, id, { ...device, name: deviceName, secret: secretKey, verified: true })
    if (user.userMetadata !== undefined) mergeMetadata(db, id, user.userMetadata)
    for (const { role, tenantIds } of user.userRoles ?? []) {
      // The role may have been removed since the user was queued.
      if (!roleExists(db, role)) throw badRequest('E034: Role does not exist! You need to pre-create the role before assigning it to the user.')
      for (const tenantId of tenantIds) addRole(db, tenantId, id, role)
    }
    alongside()
    return findUser(db, primaryId) as User
  })
}

function addMethod (db: Storage, method: BulkMethod, passwordHash: string | undefined): void {
  const { recipeId, tenantIds, email, phoneNumber: phone, thirdPartyId: provider, thirdPartyUserId: providerUserId } = method
  const taken = (info: AccountInfo) => tenantIds.some((tenantId) => findMethod(db, recipeId, tenantId, info) !== undefined)
  if (recipeId === 'thirdparty') {
    if (taken({ provider, providerUserId })) {
      throw badRequest(`E005: A user with thirdPartyId ${provider} and thirdPartyUserId ${providerUserId} already exists in thirdparty loginMethod.`)
    }
  } else {
    const number = recipeId === 'emailpassword' ? 'E003' : 'E006'
    if (email !== undefined && taken({ email })) throw badRequest(`${number}: A user with email ${email} already exists in ${recipeId} loginMethod.`)
    if (phone !== undefined && taken({ phone })) throw badRequest(`E007: A user with phoneNumber ${phone} already exists in passwordless loginMethod.`)
  }
  createMethod(db, tenantIds, {
    recipe: recipeId,
    timeJoined: method.timeJoinedInMSSinceEpoch,
    email: email ?? null,
    phone: phone ?? null,
    ...(provider !== undefined && { provider }),
    ...(providerUserId !== undefined && { providerUserId }),
    ...(passwordHash !== undefined && { passwordHash })
  }, method.superTokensUserId)
}

function linkMethods (db: Storage, user: BulkUser): void {
  const { superTokensUserId: primaryId, isPrimary } = primaryMethod(user)
  if (!isPrimary && user.loginMethods.length === 1) return
  const load = (id: string) => findUser(db, id) as User
  if (checkPrimary(db, primaryId, load(primaryId)) !== undefined) {
    throw badRequest(`E022: We tried to create the primary user for the userId ${primaryId} but the account info is already associated with another primary user.`)
  }
  makePrimary(db, primaryId)
  for (const { superTokensUserId: id } of user.loginMethods) {
    if (id === primaryId) continue
    if (checkLink(db, load(id), load(primaryId)) !== undefined) {
      throw badRequest(`E027: We tried to link the userId ${id} to the primary userId ${primaryId} but the account info is already associated with another primary user.`)
    }
    link(db, id, primaryId)
  }
}
