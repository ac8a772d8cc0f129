import type { UserContext } from 'supertokens-node/types'
import { enrolmentsIn, readMetadata, type Metadata } from '../../records.js'

/** Key of the user's metadata; each passkey has its own, `<record>:<id>`. */
export const PASSKEY_RECORD = 'fastify-2fa:passkey'

/** A change of the enrolment ends sessions that are being created. A new name must not. */
const NAME_PREFIX = 'fastify-2fa:passkey-name:'
export const nameKey = (id: string): string => NAME_PREFIX + id

/** What is kept of a passkey. Nothing of it is secret: the private key never leaves the authenticator. */
export interface Passkey {
  /** base64url, as browsers write it. */
  credentialId: string
  /** COSE, in base64url. */
  publicKey: string
  /** The signature counter at registration. Later ones are in `uses.ts`. */
  counter: number
  /** The account as authenticators know it (`handles.ts`). */
  userHandle: string
  /** How browsers reach the authenticator. */
  transports: string[]
  /**
   * Whether the device made sure who its user was when the passkey was made. No other one may sign in alone.
   * @default false
   */
  verified?: true
  name?: string
  /** In milliseconds since 1970. */
  createdAt: number
}

export type Enrolled = ReadonlyArray<readonly [id: string, passkey: Passkey]>

const TEXTS = ['credentialId', 'publicKey', 'userHandle'] as const
const NUMBERS = ['counter', 'createdAt'] as const

export function isPasskey (value: unknown): value is Passkey {
  if (typeof value !== 'object' || value === null) return false
  const { transports, ...record } = value as Partial<Record<keyof Passkey, unknown>>
  return TEXTS.every((name) => typeof record[name] === 'string' && record[name] !== '') &&
    NUMBERS.every((name) => typeof record[name] === 'number') &&
    Array.isArray(transports)
}

/** A user's passkeys; undefined if something stands there that is none. */
export function passkeysIn (metadata: Metadata): Enrolled | undefined {
  const found = enrolmentsIn(metadata, PASSKEY_RECORD)
  if (metadata[PASSKEY_RECORD] !== undefined || !found.every(([, value]) => isPasskey(value))) return undefined
  return found as Enrolled
}

/** For users whose state is not `broken`. */
export async function passkeysOf (userId: string, userContext: UserContext): Promise<Enrolled> {
  return passkeysIn(await readMetadata(userId, userContext)) ?? []
}

export function nameIn (metadata: Metadata, id: string, { name }: Passkey): string | undefined {
  const renamed = metadata[nameKey(id)]
  return typeof renamed === 'string' ? renamed : name
}
