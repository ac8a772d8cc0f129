import { DeviceExists } from '../../../errors.js'
import type { Factor, FactorEndpoint, SecondFactorLogin } from '../../factor.js'
import { waitIn } from '../../../limits/answers.js'
import type { FactorCall } from '../../requests.js'
import { PERIOD, SKEW } from './algorithm.js'
import { isDeviceRecord, nameIn, nameKey } from './devices.js'
import { newName, plainName } from './names.js'
import type { TotpTypes } from './types.js'
import { enrolmentsIn, readMetadata, updateMetadata, type Metadata } from '../../records.js'
import { object, text } from '../../schemas.js'
import { requireTurn } from '../../turn.js'

type TotpFactor = Factor<TotpTypes>

/** Longer than any name, so that one that was never taken is just unknown. */
const name = text(256)
/** People paste more than the code. What is no code is refused with a sentence that the page shows. */
const code = text(256)

interface Enrolled { id: string, name: string }

const devicesIn = (metadata: Metadata, { record }: TotpFactor): Enrolled[] =>
  enrolmentsIn(metadata, record).flatMap(([id, value]) => isDeviceRecord(value) ? [{ id, name: nameIn(metadata, id, value) }] : [])

/** Only for sessions that may see them. */
async function listed (factor: TotpFactor, login: SecondFactorLogin, call: FactorCall): Promise<{ userId: string, metadata: Metadata, devices: Enrolled[] }> {
  const { session } = await login.requireOwner(call)
  const userId = session.getUserId()
  const metadata = await readMetadata(userId, call.userContext)
  return { userId, metadata, devices: devicesIn(metadata, factor) }
}

async function answer (factor: TotpFactor, login: SecondFactorLogin, call: FactorCall, given: TotpTypes['answer']) {
  const answered = await login.answer(factor, call, given)
  // Stock pages count down until the next try.
  const wait = answered.status === 'GENERAL_ERROR' ? waitIn(call.options.res) : undefined
  return wait === undefined ? answered : { ...answered, status: 'LIMIT_REACHED_ERROR' as const, retryAfterMs: wait * 1000 }
}

async function remove (factor: TotpFactor, login: SecondFactorLogin, call: FactorCall, deviceName: string): Promise<boolean> {
  const { userId, metadata, devices } = await listed(factor, login, call)
  const found = devices.find(({ name }) => name === plainName(deviceName))
  // Stock pages remove the device of a setup that the person leaves.
  if (found === undefined) return await login.forget(factor, call, factor.challengeOf({ deviceName, totp: '' }))
  const wasThere = await login.remove(factor, call, found.id)
  if (wasThere && metadata[nameKey(found.id)] !== undefined) await updateMetadata(userId, { [nameKey(found.id)]: null }, call.userContext)
  return wasThere
}

/** In a turn: names are what devices are removed by, so no two have the same. */
async function rename (factor: TotpFactor, login: SecondFactorLogin, call: FactorCall, from: string, to: string): Promise<object> {
  const { userId, devices } = await listed(factor, login, call)
  if (!devices.some(({ name }) => name === from)) return { status: 'UNKNOWN_DEVICE_ERROR' }
  const turn = await requireTurn(userId, call.userContext)
  const now = devicesIn(turn.metadata, factor)
  const found = now.find(({ name }) => name === from)
  const isTaken = now.some(({ id, name }) => name === to && id !== found?.id)
  await turn.end(found === undefined || isTaken ? {} : { [nameKey(found.id)]: to })
  if (found === undefined) return { status: 'UNKNOWN_DEVICE_ERROR' }
  return isTaken ? { status: 'DEVICE_ALREADY_EXISTS_ERROR', message: new DeviceExists().message } : { status: 'OK' }
}

/** The endpoints of SuperTokens' TOTP recipe, with its statuses. */
export function totpEndpoints (factorOf: () => TotpFactor): FactorEndpoint[] {
  return [
    {
      method: 'POST',
      path: '/totp/device',
      body: object({ deviceName: newName }),
      async handle (login, call, { deviceName }) {
        try {
          return await login.ask(factorOf(), call, { name: typeof deviceName === 'string' ? plainName(deviceName) : undefined }, { adds: true })
        } catch (err) {
          if (err instanceof DeviceExists) return { status: 'DEVICE_ALREADY_EXISTS_ERROR', message: err.message }
          throw err
        }
      }
    },
    {
      method: 'POST',
      path: '/totp/device/verify',
      body: object({ deviceName: name, totp: code }, ['deviceName', 'totp']),
      async handle (login, call, body) {
        const answered = await answer(factorOf(), login, call, body as { deviceName: string, totp: string })
        if (answered.status === 'OK') return { status: 'OK', wasAlreadyVerified: false, ...answered.beside }
        return answered.status === 'RESTART_FLOW_ERROR' ? { status: 'UNKNOWN_DEVICE_ERROR' } : answered
      }
    },
    {
      method: 'POST',
      path: '/totp/verify',
      body: object({ totp: code }, ['totp']),
      async handle (login, call, { totp }) {
        const answered = await answer(factorOf(), login, call, { totp: totp as string })
        return answered.status === 'OK' ? { status: 'OK' } : answered
      }
    },
    {
      method: 'GET',
      path: '/totp/device/list',
      async handle (login, call) {
        const { devices } = await listed(factorOf(), login, call)
        return { status: 'OK', devices: devices.map(({ name }) => ({ name, period: PERIOD, skew: SKEW, verified: true })) }
      }
    },
    // Of our own: SuperTokens' recipe renames none.
    {
      method: 'POST',
      path: '/totp/device/rename',
      body: object({ existingDeviceName: name, newDeviceName: newName }, ['existingDeviceName', 'newDeviceName']),
      handle: (login, call, { existingDeviceName, newDeviceName }) => rename(factorOf(), login, call, plainName(existingDeviceName as string), plainName(newDeviceName as string))
    },
    {
      method: 'POST',
      path: '/totp/device/remove',
      body: object({ deviceName: name }, ['deviceName']),
      async handle (login, call, { deviceName }) {
        return { status: 'OK', didDeviceExist: await remove(factorOf(), login, call, deviceName as string) }
      }
    }
  ]
}
