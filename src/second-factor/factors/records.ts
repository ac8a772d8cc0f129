import type { Factor } from '../factor.js'
import { isEnrolmentOf, type Metadata } from '../records.js'
import { EMAIL_RECORD } from './email/pinned-address.js'
import { PASSKEY_RECORD } from './passkey/passkeys.js'
import { PHONE_RECORD } from './sms/enrolled-phone.js'
import { TOTP_RECORD } from './totp/devices.js'

/** Keys of the metadata that hold enrolments of our own factors, whether they run or not. */
export const RECORDS = [PHONE_RECORD, EMAIL_RECORD, PASSKEY_RECORD, TOTP_RECORD]

/**
 * Whether a user has enrolled a factor that is not among those that run. Such an account is not one without a factor: a
 * replica that was started with fewer factors must not let anyone enrol who has the password.
 */
export function enrolmentsOff (factors: readonly Factor[]): (metadata: Metadata) => boolean {
  const off = RECORDS.filter((record) => factors.every((factor) => factor.record !== record))
  return (metadata) => Object.keys(metadata).some((key) => off.some((record) => isEnrolmentOf(record, key)))
}
