import type { CoreUser } from './core-client.js'
import { requireUser, type Operations } from './operator.js'
import { PASSWORD_CHANGE_REQUIRED } from './forced-password-change.js'
import { phaseOf, recoveryIn } from './recovery-record.js'
import { maskPhoneNumber, toE164 } from '../phone/number.js'
import { maskAddress, toAddress } from '../second-factor/factors/email/address.js'
import { EMAIL_RECORD } from '../second-factor/factors/email/pinned-address.js'
import { lastUseIn } from '../second-factor/factors/passkey/uses.js'
import { PASSKEY_RECORD, isPasskey, nameKey } from '../second-factor/factors/passkey/passkeys.js'
import { TOTP_RECORD, isDeviceRecord, nameKey as appNameKey } from '../second-factor/factors/totp/devices.js'
import { CODES_RECORD, isCodesRecord, leftOf } from '../second-factor/factors/recovery-codes/record.js'
import { PHONE_RECORD } from '../second-factor/factors/sms/enrolled-phone.js'
import { FAILURES_KEY, type FailureRecord } from '../second-factor/failure-record.js'
import { enrolmentsIn, type Metadata } from '../second-factor/records.js'
import { known, memberOf, textOf } from '../members.js'

/** One enrolment of a factor, as an operator sees it: no secret, no whole number or address. */
export interface ListedFactor {
  factor: string
  /** For factors that can be enrolled several times. */
  id?: string
  /** Chosen by the user: show it as plain text only. */
  name?: string
  /** Masked. */
  phone?: string
  /** Masked. */
  email?: string
  /** In milliseconds since 1970, as is `lastUse`. */
  since?: number
  lastUse?: number
  /** Unused recovery codes. */
  left?: number
  /** It points nowhere or cannot be read: the user is refused until it is reset. */
  broken?: true
}

export interface ListedAccount {
  userId: string
  factors: ListedFactor[]
  /** Since when the second factor is locked, in ISO 8601. */
  lockedAt?: string
  /** Since when the password has to be changed, in milliseconds since 1970. */
  passwordChangeRequired?: number
  /** The recovery that is under way; times in milliseconds since 1970. */
  recovery?: { phase: 'waiting' | 'ready' | 'lapsed', startedAt: number, readyAt: number, lapsesAt: number }
}

type Listing = Pick<Operations, 'core' | 'factors' | 'byPhone'>

const numberOf = (value: unknown, member: string): number | undefined => {
  const found: unknown = memberOf(value, member)
  return typeof found === 'number' ? found : undefined
}

async function phoneOf ({ core, byPhone }: Listing, metadata: Metadata, login: string | undefined): Promise<ListedFactor[]> {
  const record = metadata[PHONE_RECORD]
  if (byPhone) {
    const number = login === undefined ? undefined : toE164(login)
    return number === undefined ? [{ factor: 'sms', broken: true }] : [{ factor: 'sms', phone: maskPhoneNumber(number) }]
  }
  if (record === undefined) return []
  const phone = typeof record === 'string' ? (await core.findUser(record))?.loginMethods.find(({ phoneNumber }) => phoneNumber !== undefined)?.phoneNumber : undefined
  return phone === undefined ? [{ factor: 'sms', broken: true }] : [{ factor: 'sms', phone: maskPhoneNumber(phone) }]
}

function emailOf ({ [EMAIL_RECORD]: record }: Metadata): ListedFactor[] {
  if (record === undefined) return []
  const address = typeof record === 'string' ? toAddress(record) : undefined
  return [address === undefined ? { factor: 'email', broken: true } : { factor: 'email', email: maskAddress(address) }]
}

/** What an enrolment looks like, for factors of which there are several. An app's own can look like anything. */
const SHAPES: Record<string, (value: unknown) => boolean> = { [PASSKEY_RECORD]: isPasskey, [TOTP_RECORD]: isDeviceRecord }

function severalOf (factor: string, record: string, metadata: Metadata): ListedFactor[] {
  return enrolmentsIn(metadata, record).map(([id, value]) => known<ListedFactor>({
    factor,
    id,
    name: textOf(metadata, record === PASSKEY_RECORD ? nameKey(id) : appNameKey(id)) ?? textOf(value, 'name'),
    since: numberOf(value, 'since') ?? numberOf(value, 'createdAt'),
    ...(record === PASSKEY_RECORD && { lastUse: lastUseIn(metadata, id) }),
    ...(SHAPES[record]?.(value) === false && { broken: true })
  } as never))
}

function codesOf (metadata: Metadata): ListedFactor[] {
  const record = metadata[CODES_RECORD]
  if (record === undefined) return []
  return [isCodesRecord(record) ? { factor: 'recovery-code', left: leftOf(record, metadata), since: record.since } : { factor: 'recovery-code', broken: true }]
}

/** @param metadata of the user */
async function enrolledIn (listing: Listing, { loginMethods }: CoreUser, metadata: Metadata): Promise<ListedFactor[]> {
  const login = loginMethods.find(({ recipeId }) => recipeId === 'emailpassword')?.email
  const special = [PHONE_RECORD, EMAIL_RECORD, CODES_RECORD]
  const others = listing.factors.filter(({ record }) => !special.includes(record))
  // Of our own, only those that can be enrolled several times are left.
  const single = others.filter(({ record }) => metadata[record] !== undefined).map(({ id, record }) => ({ factor: id, ...(record in SHAPES && { broken: true as const }) }))
  return [
    ...await phoneOf(listing, metadata, login), ...emailOf(metadata),
    ...others.flatMap(({ id, record }) => severalOf(id, record, metadata)), ...single, ...codesOf(metadata)
  ]
}

/** `usable` of {@link Operations} where no factor runs: by what the metadata and the Core say. @param running ids of the factors of the service */
export async function usableIn (listing: Listing, running: readonly string[], user: CoreUser, metadata: Metadata): Promise<ReadonlySet<string>> {
  const enrolled = await enrolledIn(listing, user, metadata)
  const broken = enrolled.filter((one) => one.broken).map(({ factor }) => factor)
  return new Set(enrolled.map(({ factor }) => factor).filter((id) => running.includes(id) && !broken.includes(id)))
}

/** What a user has enrolled, and what stands in their way. Changes nothing. */
export async function listFactors (operations: Operations, userId: string): Promise<ListedAccount> {
  const { core } = operations
  const user = await requireUser(core, userId)
  const metadata = await core.metadata(user.id)
  const recovery = recoveryIn(metadata)
  const required = metadata[PASSWORD_CHANGE_REQUIRED]
  return known<ListedAccount>({
    userId: user.id,
    factors: await enrolledIn(operations, user, metadata),
    lockedAt: (metadata[FAILURES_KEY] as FailureRecord | undefined)?.lockedAt,
    passwordChangeRequired: typeof required === 'number' ? required : undefined,
    recovery: recovery && { phase: phaseOf(recovery), startedAt: recovery.startedAt, readyAt: recovery.readyAt, lapsesAt: recovery.lapsesAt }
  })
}
