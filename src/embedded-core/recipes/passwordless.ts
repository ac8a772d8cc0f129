import type { FastifyInstance } from 'fastify'
import { createMethod, findMethod, findUser, publicId, userJson, type LoginMethod, type User } from '../users/accounts.js'
import { markActive } from '../users/activity.js'
import type { Tenant } from '../tenants/apps.js'
import type { Body, JsonObject } from '../http/input.js'
import { mayTake } from '../users/linking.js'
import { normaliseEmail, normalisePhone } from '../users/normalise.js'
import { createCode, deviceHashOf, findDevice, removeDevice, removeDevicesOf, tryCode, type Attempt, type Code, type Device, type NewCode } from '../passwordless/codes.js'
import { badRequest } from '../http/refusals.js'
import type { Storage } from '../storage/storage.js'
import { answer, type Call } from '../http/transport.js'
import { internalIdOf } from '../users/user-ids.js'
import { setVerified } from '../users/email-verification.js'

export async function passwordless (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/signinup/code', answer(newCode))
  fastify.post('/recipe/signinup/code/consume', answer((call) => {
    const attempt = readAttempt(call.body)
    const tenant = call.tenant()
    return tenant.db.transaction(() => consume(tenant, attempt))
  }))
  fastify.post('/recipe/signinup/code/check', answer((call) => {
    const attempt = readAttempt(call.body)
    const tenant = call.tenant()
    const result = tenant.db.transaction(() => tryCode(tenant, attempt))
    return 'failure' in result ? result.failure : { status: 'OK', consumedDevice: deviceJson(result.device) }
  }))
  fastify.get('/recipe/signinup/codes', answer(listCodes))
  fastify.post('/recipe/signinup/code/remove', answer(removeCode))
  fastify.post('/recipe/signinup/codes/remove', answer((call) => {
    const email = call.body.optionalString('email')
    const phone = call.body.optionalString('phoneNumber')
    if ((email === undefined) === (phone === undefined)) throw badRequest('Please provide exactly one of email or phoneNumber')
    const { db, id } = call.tenant()
    removeDevicesOf(db, { email: email === undefined ? null : normaliseEmail(email), phone: phone === undefined ? null : normalisePhone(phone) }, [id])
    return { status: 'OK' }
  }))
}

function deviceJson (device: Device): JsonObject {
  return {
    preAuthSessionId: device.device_hash,
    failedCodeInputAttemptCount: device.failed_attempts,
    ...(device.email !== null && { email: device.email }),
    ...(device.phone !== null && { phoneNumber: device.phone })
  }
}

function newCode ({ body, tenant: getTenant }: Call): object {
  const email = body.optionalString('email')
  const phone = body.optionalString('phoneNumber')
  const deviceId = body.optionalString('deviceId')
  if ([email, phone, deviceId].filter((one) => one !== undefined).length !== 1) throw badRequest('Please provide exactly one of email, phoneNumber or deviceId')
  const userInputCode = body.optionalString('userInputCode')
  if (userInputCode === '') throw badRequest('userInputCode cannot be an empty string.')
  const tenant = getTenant()

  let target: NewCode
  if (deviceId !== undefined) {
    const device = findDevice(tenant, deviceHashOf(deviceId))
    if (device === undefined) return { status: 'RESTART_FLOW_ERROR' }
    target = { device, deviceId }
  } else {
    target = email !== undefined ? { email: normaliseEmail(email) } : { phone: normalisePhone(phone as string) }
  }
  const created = createCode(tenant, target, userInputCode)
  return created === undefined ? { status: 'USER_INPUT_CODE_ALREADY_USED_ERROR' } : { status: 'OK', ...created }
}

function readAttempt (body: Body): Attempt {
  const preAuthSessionId = body.string('preAuthSessionId')
  const [link, code, device] = [body.has('linkCode'), body.has('userInputCode'), body.has('deviceId')]
  if (link ? code || device : !code || !device) throw badRequest('Please provide exactly one of linkCode or deviceId+userInputCode')
  return link
    ? { preAuthSessionId, linkCode: body.string('linkCode') }
    : { preAuthSessionId, deviceId: body.string('deviceId'), userInputCode: body.string('userInputCode') }
}

/** Signs in or up whoever received the code; all other codes of that email or phone number are void from then on. */
function consume (tenant: Tenant, attempt: Attempt): JsonObject {
  const { db, id, now } = tenant
  const result = tryCode(tenant, attempt)
  if ('failure' in result) return result.failure
  const { device } = result
  removeDevicesOf(db, device, [id])

  const contact = device.email !== null ? { email: device.email } : { phone: device.phone as string }
  const existing = findMethod(db, 'passwordless', id, contact)
  const userId = existing ?? createMethod(db, [id], { recipe: 'passwordless', timeJoined: now(), ...contact })
  if (device.email !== null) setVerified(db, userId, device.email)
  const user = findUser(db, userId) as User
  const method = user.methods.find((candidate) => candidate.userId === userId) as LoginMethod
  // The other address of the same user must not keep a way in that was opened before.
  removeDevicesOf(db, method, [id])
  markActive(db, user.id, now())
  return {
    status: 'OK',
    createdNewUser: existing === undefined,
    user: userJson(user),
    recipeUserId: publicId(method),
    consumedDevice: deviceJson(device)
  }
}

function listCodes ({ query, tenant: getTenant }: Call): object {
  const [email, phone, deviceId, hash] = ['email', 'phoneNumber', 'deviceId', 'preAuthSessionId'].map(query.optional)
  if ([email, phone, deviceId, hash].filter((one) => one !== undefined).length !== 1) {
    throw badRequest('Please provide exactly one of email, phoneNumber, deviceId or preAuthSessionId')
  }
  const tenant = getTenant()
  const { db, id, settings } = tenant
  let devices: Device[]
  if (email !== undefined) {
    devices = db.all<Device>('SELECT * FROM devices WHERE email = ? AND tenant_id = ?', normaliseEmail(email), id)
  } else if (phone !== undefined) {
    devices = db.all<Device>('SELECT * FROM devices WHERE phone = ? AND tenant_id = ?', normalisePhone(phone), id)
  } else {
    const found = findDevice(tenant, hash ?? deviceHashOf(deviceId as string))
    devices = found === undefined ? [] : [found]
  }
  const codesOf = (device: Device) => db
    .all<Code>('SELECT * FROM codes WHERE tenant_id = ? AND device_hash = ? ORDER BY created_at', id, device.device_hash)
    .map((code) => ({ codeId: code.code_id, timeCreated: code.created_at, codeLifetime: settings.codeLifetime }))
  return { status: 'OK', devices: devices.map((device) => ({ ...deviceJson(device), codes: codesOf(device) })) }
}

function removeCode ({ body, tenant: getTenant }: Call): object {
  const codeId = body.optionalString('codeId')
  const deviceHash = body.optionalString('preAuthSessionId')
  if (codeId === undefined && deviceHash === undefined) throw badRequest('Please provide either \'codeId\' or \'preAuthSessionId\'')
  if (codeId !== undefined && deviceHash !== undefined) throw badRequest('Please provide only one of \'codeId\' or \'preAuthSessionId\'')
  const tenant = getTenant()
  const { db, id } = tenant
  db.transaction(() => {
    if (deviceHash !== undefined) return removeDevice(tenant, deviceHash)
    const code = db.get<Code>('SELECT * FROM codes WHERE code_id = ? AND tenant_id = ?', codeId as string, id)
    if (code === undefined) return
    db.run('DELETE FROM codes WHERE code_id = ? AND tenant_id = ?', code.code_id, id)
    // A device without codes is of no use to anybody.
    if (db.get('SELECT 1 FROM codes WHERE tenant_id = ? AND device_hash = ?', id, code.device_hash) === undefined) removeDevice(tenant, code.device_hash)
  })
  return { status: 'OK' }
}

/** `PUT /recipe/user`: null takes an email or phone number away, but never both. */
export function updateContacts ({ body, publicApp }: Call): object {
  const givenId = body.string('recipeUserId')
  const field = (name: string, normalise: (text: string) => string) => {
    if (!body.has(name)) return undefined
    return body.isNull(name) ? null : normalise(body.string(name))
  }
  const email = field('email', normaliseEmail)
  const phone = field('phoneNumber', normalisePhone)
  const { db } = publicApp()

  return db.transaction(() => {
    const userId = internalIdOf(db, givenId) ?? givenId
    const user = findUser(db, userId)
    const method = user?.methods.find((candidate) => candidate.userId === userId && candidate.recipe === 'passwordless')
    if (user === undefined || method === undefined) return { status: 'UNKNOWN_USER_ID_ERROR' }
    const [newEmail, newPhone] = [email === undefined ? method.email : email, phone === undefined ? method.phone : phone]
    if (newEmail === null && newPhone === null) throw badRequest('You cannot clear both email and phone number of a user')

    const refusal =
      (newEmail !== method.email && newEmail !== null ? refuseContact(db, user, method, { email: newEmail }) : undefined) ??
      (newPhone !== method.phone && newPhone !== null ? refuseContact(db, user, method, { phone: newPhone }) : undefined)
    if (refusal !== undefined) return refusal
    db.run('UPDATE users SET email = ?, phone = ? WHERE user_id = ?', newEmail, newPhone, userId)
    if (newEmail !== method.email) for (const one of [method.email, newEmail]) removeDevicesOf(db, { email: one }, method.tenantIds)
    if (newPhone !== method.phone) for (const one of [method.phone, newPhone]) removeDevicesOf(db, { phone: one }, method.tenantIds)
    return { status: 'OK' }
  })
}

function refuseContact (db: Storage, user: User, method: LoginMethod, contact: { email: string } | { phone: string }): object | undefined {
  const [name, label] = 'email' in contact ? ['EMAIL', 'email'] : ['PHONE_NUMBER', 'phone number']
  if (!mayTake(db, user, contact)) {
    return { status: `${name}_CHANGE_NOT_ALLOWED_ERROR`, reason: `New ${label} is associated with another primary user ID` }
  }
  const taken = method.tenantIds.some((tenantId) => findMethod(db, 'passwordless', tenantId, contact) !== undefined)
  return taken ? { status: `${name}_ALREADY_EXISTS_ERROR` } : undefined
}
