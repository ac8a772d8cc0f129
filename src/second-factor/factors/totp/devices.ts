import type { UserContext } from 'supertokens-node/types'
import { appOf } from '../../../supertokens/sdk.js'
import type { FactorKeys, SecretOwner } from '../../factor-keys.js'
import { enrolmentsIn, readMetadata, type Metadata } from '../../records.js'
import type { FactorState } from '../../state.js'

/** Key of the user's metadata in the Core, followed by `:` and the id of a device. */
export const TOTP_RECORD = 'fastify-2fa:totp'

/**
 * A phone, another one, a computer. With each of them three more codes pass at any time, so that fewer wrong ones may be
 * typed until the lock: five with three devices.
 */
export const MOST_DEVICES = 3

/** A change of the enrolment ends sessions that are being created. A new name must not. */
const NAME_PREFIX = 'fastify-2fa:totp-name:'
export const nameKey = (id: string): string => NAME_PREFIX + id

/** What the Core keeps of a device. */
export type DeviceRecord = {
  /** At enrolment. See {@link nameIn}. */
  name: string
  /** Sealed (`factor-keys.ts`). */
  secret: string
  /** When it was enrolled, in milliseconds since 1970. */
  since: number
}

export interface Device {
  id: string
  name: string
  secret: Buffer
}

export const ownerOf = (userId: string, id: string): SecretOwner => ({ userId, enrolment: `${TOTP_RECORD}:${id}` })

export function isDeviceRecord (value: unknown): value is DeviceRecord {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'secret' in value && typeof value.secret === 'string'
}

/** What a device is called now. */
export function nameIn (metadata: Metadata, id: string, { name }: DeviceRecord): string {
  const renamed = metadata[nameKey(id)]
  return typeof renamed === 'string' ? renamed : name
}

/**
 * The user's devices. One that cannot be read is no reason to take the user for one without: `broken`.
 */
export async function findDevices (userId: string, keys: FactorKeys, userContext: UserContext): Promise<FactorState> {
  const metadata = await readMetadata(userId, userContext)
  const enrolled = enrolmentsIn(metadata, TOTP_RECORD)
  if (metadata[TOTP_RECORD] !== undefined) return { state: 'broken' }
  if (enrolled.length === 0) return { state: 'none' }
  const devices: Device[] = []
  for (const [id, value] of enrolled) {
    const secret = isDeviceRecord(value) ? keys.open(value.secret, ownerOf(userId, id)) : undefined
    if (secret === undefined) {
      appOf(userContext).log.error({ userId, enrolment: `${TOTP_RECORD}:${id}` }, 'the secret of an authenticator app cannot be decrypted: its key is not among factorKeys (FACTOR_KEY), or the record was changed')
      return { state: 'broken' }
    }
    devices.push({ id, name: nameIn(metadata, id, value as DeviceRecord), secret })
  }
  return { state: 'enrolled', record: devices }
}

/** The devices in a state that {@link findDevices} has found. */
export const devicesOf = (state: FactorState): Device[] => state.state === 'enrolled' ? state.record as Device[] : []
