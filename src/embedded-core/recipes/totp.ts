import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { readUserIds, type Body } from '../input/body.js'
import { badRequest } from '../input/refusals.js'
import { stored, WIDTHS } from '../input/widths.js'
import { newSecret } from '../totp/codes.js'
import { addDevice, devicesOf, removeDevice, renameDevice, type TotpDevice } from '../totp/devices.js'
import { verifyCode, verifyDevice } from '../totp/verification.js'

const EXISTS = { status: 'DEVICE_ALREADY_EXISTS_ERROR' }

export async function totp (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/totp/device', answer(({ body, publicApp }) => {
    const { userId, deviceName: name, ...device } = checked(readDevice(body))
    const app = publicApp()
    const secret = newSecret()
    const deviceName = addDevice(app, storedId(userId), { ...device, name: storedName(name), secret, verified: false })
    return deviceName === undefined ? EXISTS : { status: 'OK', deviceName, secret }
  }))

  fastify.post('/recipe/totp/device/import', answer(({ body, publicApp }) => {
    const { userId, deviceName: name, secretKey, ...device } = checked({ ...readDevice(body), secretKey: body.string('secretKey') })
    const app = publicApp()
    const secret = stored(secretKey, 'secretKey')
    const deviceName = addDevice(app, storedId(userId), { ...device, name: storedName(name), secret, verified: true })
    return deviceName === undefined ? EXISTS : { status: 'OK', deviceName }
  }))

  fastify.put('/recipe/totp/device', answer(({ body, publicApp }) => {
    const given = texts(body, 'userId', 'existingDeviceName', 'newDeviceName')
    refuseEmpty(given)
    const app = publicApp()
    const problem = renameDevice(app, given.userId, given.existingDeviceName, stored(given.newDeviceName, 'newDeviceName', WIDTHS.deviceName))
    if (problem === 'unknown') return { status: 'UNKNOWN_DEVICE_ERROR' }
    return problem === 'exists' ? EXISTS : { status: 'OK' }
  }))

  fastify.get('/recipe/totp/device/list', answer(({ query, publicApp }) => {
    const userId = query.string('userId')
    if (userId === '') throw badRequest('userId cannot be empty')
    return { status: 'OK', devices: devicesOf(publicApp(), userId).map(({ name, period, skew, verified }) => ({ name, period, skew, verified })) }
  }))

  fastify.post('/recipe/totp/device/status/bulk', answer(({ body, publicApp }) => {
    const userIds = readUserIds(body)
    if (userIds.length === 0) return { status: 'OK', users: [] }
    const app = publicApp()
    const status = (devices: TotpDevice[]) => devices.length === 0 ? null : devices.some((device) => device.verified)
    return { status: 'OK', users: userIds.map((userId) => ({ userId, hasVerifiedDevice: status(devicesOf(app, userId)) })) }
  }))

  fastify.post('/recipe/totp/device/remove', answer(({ body, publicApp }) => {
    const given = texts(body, 'userId', 'deviceName')
    refuseEmpty(given)
    return { status: 'OK', didDeviceExist: removeDevice(publicApp(), given.userId, given.deviceName) }
  }))

  fastify.post('/recipe/totp/device/verify', answer(({ body, tenant }) => {
    const { totp: code, ...given } = texts(body, 'userId', 'deviceName', 'totp')
    refuseEmpty(given)
    return verifyDevice(tenant(), given.userId, given.deviceName, code)
  }))

  fastify.post('/recipe/totp/verify', answer(({ body, tenant }) => {
    const { totp: code, ...given } = texts(body, 'userId', 'totp')
    refuseEmpty(given)
    return verifyCode(tenant(), given.userId, code)
  }))
}

function texts <Name extends string> (body: Body, ...names: Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, body.string(name)])) as Record<Name, string>
}

function refuseEmpty (given: object): void {
  for (const [name, text] of Object.entries(given)) if (text === '') throw badRequest(`${name} cannot be empty`)
}

interface GivenDevice { userId: string, deviceName: string | undefined, skew: number, period: number }

function readDevice (body: Body): GivenDevice {
  const [userId, deviceName] = [body.string('userId'), body.optionalString('deviceName')]
  const [skew, period] = [body.int('skew'), body.int('period')]
  return { userId, deviceName, skew, period }
}

/** Looks at what is in the fields once all are read, as the real Core does. */
function checked <Given extends GivenDevice> (given: Given): Given {
  refuseEmpty(given)
  if (given.skew < 0) throw badRequest('skew must be >= 0')
  if (given.period <= 0) throw badRequest('period must be > 0')
  return given
}

function storedId (userId: string): string {
  return stored(userId, 'userId', WIDTHS.userId)
}

function storedName (name: string | undefined): string | undefined {
  return name === undefined ? undefined : stored(name, 'deviceName', WIDTHS.deviceName)
}
