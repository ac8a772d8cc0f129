import { FactorBroken } from '../../../errors.js'
import type { Factor } from '../../factor.js'
import { appOf } from '../../../supertokens/sdk.js'
import { noticeDue, noticeOptions, tellOwner } from '../../notices.js'
import { readMetadata } from '../../records.js'
import { hashOf, indexOf, readCode } from './codes.js'
import { recoveryCodeEndpoints } from './endpoints.js'
import type { RecoveryCodeOptions } from './options.js'
import { CODES_RECORD, isCodesRecord, makeCodes, useUp, type CodesRecord } from './record.js'
import type { RecoveryCodeTypes } from './types.js'

const INVALID = { status: 'INVALID_RECOVERY_CODE_ERROR' } as const

/**
 * Codes on paper for those who have lost their second factor (NIST SP 800-63B 3.1.2, look-up secrets). They come with the
 * first factor that a user enrols; nobody enrols them by answering.
 */
export function createRecoveryCodes (options: RecoveryCodeOptions): Factor<RecoveryCodeTypes> {
  const notices = noticeOptions(options)

  const factor: Factor<RecoveryCodeTypes> = {
    id: 'recovery-code',
    amr: ['otp'],
    strength: 5,
    isBackup: true,
    record: CODES_RECORD,
    unasked: true,
    challengeLifetime: 600,
    checkSpends: true,
    endpoints: recoveryCodeEndpoints(() => factor),

    issue: makeCodes,

    async state ({ userId }, userContext) {
      const { [CODES_RECORD]: record } = await readMetadata(userId, userContext)
      if (record === undefined) return { state: 'none' }
      // Also once all of them are used: who has signed in with the last one may enrol anew.
      return isCodesRecord(record) ? { state: 'enrolled', record } : { state: 'broken' }
    },

    async challenge () { throw new FactorBroken() },
    recordOf () { throw new FactorBroken() },
    challengeOf: () => undefined,

    read (_challenge, { code }) {
      const read = readCode(code)
      return read === undefined ? { message: 'Please enter one of your recovery codes. Each has 15 letters and digits.' } : { answer: { code: read } }
    },

    async check ({ request, state, userContext }, _challenge, { code }) {
      if (state.state !== 'enrolled') return { outcome: 'restart', rejection: INVALID }
      const record = state.record as CodesRecord
      const userId = request.session.getUserId()
      const index = indexOf(await hashOf(code, Buffer.from(record.salt, 'base64url')), record.hashes)
      if (index === undefined) return { outcome: 'wrong', rejection: INVALID }
      const told = noticeDue('recovery-code-used', await readMetadata(userId, userContext), notices)
      const left = await useUp({ userId, record, index, others: told ?? {} }, userContext)
      if (left === undefined) return { outcome: 'restart', rejection: INVALID }
      // It may have been a thief who found them (NIST SP 800-63B 4.2.3).
      if (told !== undefined) appOf(userContext).twoFactor.deliverInBackground(tellOwner(notices, userId, 'recovery-code-used', userContext))
      return { outcome: 'right', proof: { left } }
    }
  }
  return factor
}
