import { ACKNOWLEDGED, CODES_RECORD, USED } from '../second-factor/factors/recovery-codes/record.js'
import type { Metadata } from '../second-factor/records.js'
import { recordKeyOf } from './known-browser-records.js'
import { PENDING_EMAIL } from './pending-email.js'
import { RECOVERY } from './recovery-record.js'

/**
 * What must not come back by a restore: recovery codes, of which some may have been used since; known browsers, which may have
 * been removed; a recovery that the owner may have stopped; a new address that nobody has confirmed.
 *
 * Links that undo a change stay. The change is back as well, and its owner has to be able to undo it again.
 */
const NEVER_AGAIN: readonly string[] = [CODES_RECORD, ACKNOWLEDGED, PENDING_EMAIL, RECOVERY]
const BEGINNINGS: readonly string[] = [USED, recordKeyOf('')]

/** A user's metadata as it may be restored. */
export function afterRestore (metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !NEVER_AGAIN.includes(key) && !BEGINNINGS.some((beginning) => key.startsWith(beginning))))
}
