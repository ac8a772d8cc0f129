import type { UserContext } from 'supertokens-node/types'
import type { Metadata } from './records.js'

/** An answer that is to sign somebody in with one factor alone. */
export interface SoleAnswer {
  /** The account in the client's words, for limits. There need not be such an account. */
  account: string
  /** Whom it names; undefined for nobody. Nothing of it is proved yet. */
  userId: string | undefined
  challengeId: string
  /** Whether it is right, by what the user has enrolled. */
  check (userId: string, metadata: Metadata, userContext: UserContext): Promise<boolean>
}
