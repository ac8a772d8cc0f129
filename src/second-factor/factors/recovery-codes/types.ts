import type { FactorTypes } from '../../factor.js'

export interface RecoveryCodeTypes extends FactorTypes {
  answer: { code: string }
  proof: { left: number }
  rejection: { status: 'INVALID_RECOVERY_CODE_ERROR' }
}
