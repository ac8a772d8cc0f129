import type { JsonObject } from '../input/json.js'
import type { Tenant } from '../tenants/apps.js'
import { createMethod, findLogin, findMethod, publicId, type LoginMethod, type User } from '../users/accounts.js'
import { markActive } from '../users/activity.js'
import { setVerified } from '../users/email-verification.js'
import { userJson } from '../users/user-json.js'
import { tryCode, type Attempt } from './codes.js'
import { deviceJson, removeDevicesOf } from './devices.js'

/** Signs in or up the user who received the code. Voids all other codes of that email or phone number. */
export function consumeCode (tenant: Tenant, attempt: Attempt): JsonObject {
  const { db, id, now } = tenant
  return db.transaction(() => {
    const result = tryCode(tenant, attempt)
    if ('failure' in result) return result.failure
    const { device } = result
    removeDevicesOf(db, device, [id])

    const contact = device.email !== null ? { email: device.email } : { phone: device.phone as string }
    const existing = findMethod(db, 'passwordless', id, contact)
    const userId = existing ?? createMethod(db, [id], { recipe: 'passwordless', timeJoined: now(), ...contact })
    if (device.email !== null) setVerified(db, userId, device.email)
    const { user, method } = findLogin(db, userId) as { user: User, method: LoginMethod }
    // A code that was sent to the user's other contact earlier must not work either.
    removeDevicesOf(db, method, [id])
    markActive(db, user.id, now())
    return {
      status: 'OK',
      createdNewUser: existing === undefined,
      user: userJson(user),
      recipeUserId: publicId(method),
      consumedDevice: deviceJson(device)
    }
  })
}
