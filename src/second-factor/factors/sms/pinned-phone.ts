import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { User, UserContext } from 'supertokens-node/types'

/**
 * What the Core knows of a user's phone. `broken` is not `not-enrolled`: metadata that points to nobody, or to somebody without a
 * number, would otherwise invite whoever has the password to enrol a phone of their own.
 */
export type PhoneState =
  | { state: 'not-enrolled' }
  | { state: 'enrolled', phoneNumber: string, passwordlessUserId?: string }
  | { state: 'broken' }

/** The person behind a session, or a session about to be made. */
export interface Subject {
  userId: string
  recipeUserId: string
}

/** Which phone a user's codes go to, and how it got there: the difference between the guides' two systems. */
export interface PinnedPhone {
  find (subject: Subject, userContext: UserContext): Promise<PhoneState>
  /** Makes `phoneUser` the user's second factor. False when another session was first. */
  enrol (userId: string, phoneUser: User, userContext: UserContext): Promise<boolean>
}

export function subjectOf (session: SessionContainerInterface): Subject {
  return { userId: session.getUserId(), recipeUserId: session.getRecipeUserId().getAsString() }
}
