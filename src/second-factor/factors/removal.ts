import { linksIn } from '../../account/links.js'
import { isEnrolmentOf, type Metadata } from '../records.js'
import { EMAIL_RECORD } from './email/pinned-address.js'
import { nameKey, PASSKEY_RECORD } from './passkey/passkeys.js'
import { COUNTER_PREFIX } from './passkey/uses.js'
import { ACKNOWLEDGED, CODES_RECORD, USED } from './recovery-codes/record.js'
import { PHONE_NUMBER, PHONE_RECORD } from './sms/enrolled-phone.js'
import { nameKey as appNameKey, TOTP_RECORD } from './totp/devices.js'

/** A factor as an operator names it, with its key of the user's metadata. */
export interface FactorRecord {
  id: string
  record: string
  /** Beginnings of further keys that mean nothing without it. */
  beside?: readonly string[]
  /** @default false */
  isBackup?: boolean
}

/** Every factor of the product, whether it runs here or not. */
export const FACTOR_RECORDS: readonly FactorRecord[] = [
  { id: 'sms', record: PHONE_RECORD, beside: [PHONE_NUMBER] },
  { id: 'email', record: EMAIL_RECORD },
  { id: 'totp', record: TOTP_RECORD, beside: [appNameKey('')] },
  { id: 'passkey', record: PASSKEY_RECORD, beside: [nameKey(''), COUNTER_PREFIX] },
  { id: 'recovery-code', record: CODES_RECORD, beside: [ACKNOWLEDGED, USED], isBackup: true }
]

/** Those, and the app's own. */
export function recordsWith (factors: ReadonlyArray<Pick<FactorRecord, 'id' | 'record'> & { isBackup?: boolean }>): FactorRecord[] {
  const own = factors.filter(({ record }) => FACTOR_RECORDS.every((known) => known.record !== record))
  return [...FACTOR_RECORDS, ...own.map(({ id, record, isBackup = false }) => ({ id, record, isBackup }))]
}

/** Whether a user has enrolled it, however broken that is. */
export function isEnrolledIn (metadata: Metadata, { record }: FactorRecord): boolean {
  return Object.keys(metadata).some((key) => isEnrolmentOf(record, key))
}

/** Links that undo a change of factors (`src/account/undo.ts`): they would bring back what an operator or a recovery removes. */
export const UNDO_FACTORS = 'undo-factors'

/** An update that makes these links useless: whoever has one would bring back what is there no more. */
export function withoutUndo (metadata: Metadata): Metadata {
  return Object.fromEntries(linksIn(metadata).filter(({ purpose }) => purpose === UNDO_FACTORS).map(({ key }) => [key, null]))
}

/** An update of the metadata that removes all that is kept of these factors, and the links that would bring them back. */
export function removalOf (records: readonly FactorRecord[], metadata: Metadata): Metadata {
  const isOfThem = (key: string): boolean => records.some(({ record, beside = [] }) => isEnrolmentOf(record, key) || beside.some((prefix) => key.startsWith(prefix)))
  return { ...Object.fromEntries(Object.keys(metadata).filter(isOfThem).map((key) => [key, null])), ...withoutUndo(metadata) }
}
