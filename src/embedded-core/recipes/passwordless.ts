import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import type { Body } from '../input/body.js'
import { badRequest } from '../input/refusals.js'
import { stored } from '../input/widths.js'
import { createCode, deviceHashOf, tryCode, type Attempt, type NewCode } from '../passwordless/codes.js'
import { deviceJson, deviceWithCodesJson, findDevice, findDevicesOf, removeCode, removeDevice, removeDevicesOf } from '../passwordless/devices.js'
import { consumeCode } from '../passwordless/sign-in.js'
import { normaliseEmail, normalisePhone } from '../users/normalise.js'

export async function passwordless (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/signinup/code', answer(newCode))

  fastify.post('/recipe/signinup/code/consume', answer((call) => {
    const attempt = readAttempt(call.body)
    return consumeCode(call.tenant(), attempt)
  }))

  fastify.post('/recipe/signinup/code/check', answer((call) => {
    const attempt = readAttempt(call.body)
    const tenant = call.tenant()
    const result = tenant.db.transaction(() => tryCode(tenant, attempt))
    return 'failure' in result ? result.failure : { status: 'OK', consumedDevice: deviceJson(result.device) }
  }))

  fastify.get('/recipe/signinup/codes', answer(listCodes))

  fastify.post('/recipe/signinup/code/remove', answer(({ body, tenant: getTenant }) => {
    const codeId = body.optionalString('codeId')
    const deviceHash = body.optionalString('preAuthSessionId')
    if (codeId === undefined && deviceHash === undefined) throw badRequest('Please provide either \'codeId\' or \'preAuthSessionId\'')
    if (codeId !== undefined && deviceHash !== undefined) throw badRequest('Please provide only one of \'codeId\' or \'preAuthSessionId\'')
    const tenant = getTenant()
    if (deviceHash !== undefined) removeDevice(tenant, deviceHash)
    else removeCode(tenant, codeId as string)
    return { status: 'OK' }
  }))

  fastify.post('/recipe/signinup/codes/remove', answer((call) => {
    const email = call.body.optionalString('email')
    const phone = call.body.optionalString('phoneNumber')
    if ((email === undefined) === (phone === undefined)) throw badRequest('Please provide exactly one of email or phoneNumber')
    const { db, id } = call.tenant()
    removeDevicesOf(db, email !== undefined ? { email: normaliseEmail(email) } : { phone: normalisePhone(phone as string) }, [id])
    return { status: 'OK' }
  }))
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
    target = email !== undefined ? { email: stored(normaliseEmail(email), 'email') } : { phone: stored(normalisePhone(phone as string), 'phoneNumber') }
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

function listCodes ({ query, tenant: getTenant }: Call): object {
  const [email, phone, deviceId, hash] = ['email', 'phoneNumber', 'deviceId', 'preAuthSessionId'].map(query.optional)
  if ([email, phone, deviceId, hash].filter((one) => one !== undefined).length !== 1) {
    throw badRequest('Please provide exactly one of email, phoneNumber, deviceId or preAuthSessionId')
  }
  const tenant = getTenant()
  const devices = email !== undefined
    ? findDevicesOf(tenant, { email: normaliseEmail(email) })
    : phone !== undefined
      ? findDevicesOf(tenant, { phone: normalisePhone(phone) })
      : [findDevice(tenant, hash ?? deviceHashOf(deviceId as string)) ?? []].flat()
  return { status: 'OK', devices: devices.map((device) => deviceWithCodesJson(tenant, device)) }
}
