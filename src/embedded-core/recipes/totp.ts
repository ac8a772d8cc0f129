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
    const userId = stored(filled(body, 'userId'), 'userId', WIDTHS.userId)
    const device = readDevice(body)
    const secret = newSecret()
    const deviceName = addDevice(publicApp(), userId, { ...device, secret, verified: false })
    return deviceName === undefined ? EXISTS : { status: 'OK', deviceName, secret }
  }))

  fastify.post('/recipe/totp/device/import', answer(({ body, publicApp }) => {
    const userId = stored(filled(body, 'userId'), 'userId', WIDTHS.userId)
    const secret = stored(filled(body, 'secretKey'), 'secretKey')
    const deviceName = addDevice(publicApp(), userId, { ...readDevice(body), secret, verified: true })
    return deviceName === undefined ? EXISTS : { status: 'OK', deviceName }
  }))

  fastify.put('/recipe/totp/device', answer(({ body, publicApp }) => {
    const [userId, from, to] = [filled(body, 'userId'), filled(body, 'existingDeviceName'), stored(filled(body, 'newDeviceName'), 'newDeviceName', WIDTHS.deviceName)]
    const problem = renameDevice(publicApp(), userId, from, to)
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
    const app = publicApp()
    const status = (devices: TotpDevice[]) => devices.length === 0 ? null : devices.some((device) => device.verified)
    return { status: 'OK', users: userIds.map((userId) => ({ userId, hasVerifiedDevice: status(devicesOf(app, userId)) })) }
  }))

  fastify.post('/recipe/totp/device/remove', answer(({ body, publicApp }) => {
    const [userId, name] = [filled(body, 'userId'), filled(body, 'deviceName')]
    return { status: 'OK', didDeviceExist: removeDevice(publicApp(), userId, name) }
  }))

  fastify.post('/recipe/totp/device/verify', answer(({ body, tenant }) => {
    const [userId, name] = [filled(body, 'userId'), filled(body, 'deviceName')]
    const code = body.string('totp')
    return verifyDevice(tenant(), userId, name, code)
  }))

  fastify.post('/recipe/totp/verify', answer(({ body, tenant }) => {
    const userId = filled(body, 'userId')
    const code = body.string('totp')
    return verifyCode(tenant(), userId, code)
  }))
}

function filled (body: Body, name: string): string {
  const text = body.string(name)
  if (text === '') throw badRequest(`${name} cannot be empty`)
  return text
}

function readDevice (body: Body): { name: string | undefined, skew: number, period: number } {
  const name = body.has('deviceName') ? stored(filled(body, 'deviceName'), 'deviceName', WIDTHS.deviceName) : undefined
  const skew = body.integer('skew')
  const period = body.integer('period')
  if (skew < 0) throw badRequest('skew must be >= 0')
  if (period <= 0) throw badRequest('period must be > 0')
  return { name, skew, period }
}
