import type { UserContext } from 'supertokens-node/types'
import type { FactorState, Subject } from '../../state.js'

/**
 * Where a user's phone is pinned: the difference between the guides' two systems. The Core is asked each time. The number
 * in the access token is a hint for frontends and may be older than the enrolment.
 */
export type PinnedPhone = (subject: Subject, userContext: UserContext) => Promise<FactorState>
