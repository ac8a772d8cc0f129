import type { UserContext } from 'supertokens-node/types'
import type { RevocationReason } from '../revocations/event.js'

const reasons = new WeakMap<UserContext, RevocationReason>()

/** Why the sessions end that this request ends from now on. */
export function becauseOf (userContext: UserContext, reason: RevocationReason): void {
  reasons.set(userContext, reason)
}

export const reasonOf = (userContext: UserContext): RevocationReason => reasons.get(userContext) ?? 'ended'
