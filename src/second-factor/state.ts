import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'

/** The person behind a session, or behind one that is being created. */
export interface Subject {
  userId: string
  recipeUserId: string
}

export function subjectOf (session: SessionContainerInterface): Subject {
  return { userId: session.getUserId(), recipeUserId: session.getRecipeUserId().getAsString() }
}

/**
 * What the Core knows of a user's factor.
 *
 * `broken` is not `none`. If a record that points nowhere counted as "not enrolled", anyone with the password could enrol
 * a factor of their own.
 */
export type FactorState =
  /** `address`: the only one that can be enrolled, where the account has one of its own. */
  | { state: 'none', address?: string }
  | { state: 'enrolled', address?: string, record?: unknown } & Ownership
  | { state: 'broken' }

/** What is known of an address that is enrolled before it has answered a code. All absent where none is. */
export interface Ownership {
  /** Whether it has ever answered a code for this account. */
  isProven? (): Promise<boolean>
  /** Tells that it has answered one now. `since`: when any account first did, in milliseconds since 1970. */
  answered? (since: number): Promise<void>
  /** Makes another address the account's, where the account signs in with it. */
  claimOf? (address: string): AddressClaim
  /** Present while another account has the address, which has not proved it either. */
  claim?: AddressClaim
}

/** Decides between accounts that name the same address. Each method throws what tells the person what to do. */
export interface AddressClaim {
  /** Whether the address can still become the account's own. Asked before a message is sent. */
  requireOpen (): Promise<void>
  /** Makes the address the account's own. Called when its code is right, before that is used up. */
  take (): Promise<void>
}

/**
 * Finds the state of a user's factor. Asks the Core each time.
 *
 * @param how `asked`: asks for the address too, which may have been written down with the enrolment. @default false
 */
export type FindState = (subject: Subject, userContext: UserContext, how?: { asked?: boolean }) => Promise<FactorState>
