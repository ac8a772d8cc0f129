import { FactorBroken } from '../../../errors.js'
import type { Factor, FactorEndpoint } from '../../factor.js'
import { readMetadata, updateMetadata, type Metadata } from '../../records.js'
import { ACKNOWLEDGED, CODES_RECORD, isCodesRecord, leftOf, makeCodes, replacing, type CodesRecord } from './record.js'
import type { RecoveryCodeTypes } from './types.js'
import { object, text } from '../../schemas.js'

function recordIn ({ [CODES_RECORD]: record }: Metadata): CodesRecord | undefined {
  if (record !== undefined && !isCodesRecord(record)) throw new FactorBroken()
  return record
}

/** What the owner sees of the codes: never the codes. */
function summary (metadata: Metadata) {
  const record = recordIn(metadata)
  return {
    status: 'OK',
    left: record === undefined ? 0 : leftOf(record, metadata),
    acknowledged: record !== undefined && metadata[ACKNOWLEDGED] === record.id
  }
}

/** Endpoints of our own: SuperTokens has no recovery codes. */
export function recoveryCodeEndpoints (factorOf: () => Factor<RecoveryCodeTypes>): FactorEndpoint[] {
  return [
    {
      method: 'POST',
      path: '/recovery-codes',
      body: object({}),
      async handle (login, call) {
        const { recoveryCodes } = await login.replace(factorOf(), call, async (metadata) => {
          const { value, shown } = await makeCodes()
          return { value, shown, others: replacing(metadata) }
        })
        return { status: 'OK', recoveryCodes }
      }
    },
    {
      method: 'GET',
      path: '/recovery-codes',
      async handle (login, call) {
        const { session } = await login.requireOwner(call)
        return summary(await readMetadata(session.getUserId(), call.userContext))
      }
    },
    {
      method: 'POST',
      path: '/recovery-codes/acknowledge',
      body: object({}),
      async handle (login, call) {
        const userId = (await login.requireOwner(call)).session.getUserId()
        const record = recordIn(await readMetadata(userId, call.userContext))
        // Names the set: it says nothing of the next one.
        return summary(record === undefined ? {} : await updateMetadata(userId, { [ACKNOWLEDGED]: record.id }, call.userContext))
      }
    },
    {
      method: 'POST',
      path: '/recovery-codes/verify',
      // People paste more than the code.
      body: object({ code: text(256) }, ['code']),
      async handle (login, call, { code }) {
        const answered = await login.answer(factorOf(), call, { code: code as string })
        return answered.status === 'OK' ? { status: 'OK', left: answered.proof.left, enrolAnew: true } : answered
      }
    }
  ]
}
