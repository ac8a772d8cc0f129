import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'

/** The answer to a client that has to start over. */
export interface Restart { status: 'RESTART_FLOW_ERROR' }

/** An answer that stock frontends show. */
export interface GeneralError {
  status: 'GENERAL_ERROR'
  message: string
  /** For clients that do not show the message (`docs/errors.md`). */
  code?: string
}

/** The answer to a client that asked to be challenged. `sendsLeft`: how many messages the user may still ask for. */
export type Asked<Reply extends object = object> = ({ status: 'OK', sendsLeft?: number } & Reply) | GeneralError
/** What every factor's endpoint adds to the reply to a right answer. */
export interface Beside {
  /** To be shown now and never again. Present where the answer has enrolled the user's first factor. */
  recoveryCodes?: string[]
}

/** The answer to a client that answered. `session` is the one that has taken the place of the session that asked; its claim is true. */
export type Answered<Proof, Rejection> = { status: 'OK', proof: Proof, session: SessionContainerInterface, beside: Beside } | Rejection | Restart | GeneralError

/** The answer to a client that signs in with one factor alone. Whatever is wrong, the answer is the same. */
export type SignedIn = { status: 'OK' } | { status: 'INVALID_CREDENTIALS_ERROR' } | GeneralError

/** What the Frontend Driver Interface answers to `PUT /mfa/info`. Factors have their names of that interface. */
export interface MfaInfo {
  status: 'OK'
  factors: {
    /** What the session can pass now to be let in, the strongest first. Empty once one has passed. */
    next: string[]
    /** What the user has enrolled. */
    alreadySetup: string[]
    /** What this session may enrol. */
    allowedToSetup: string[]
  }
  /** By factor, masked where the client must not know it. */
  emails: Record<string, string[]>
  phoneNumbers: Record<string, string[]>
}

/**
 * How an endpoint refuses what a page asked for, in the form that stock pages show:
 *
 * - `GENERAL_ERROR` with a `message`;
 * - `SIGN_IN_UP_NOT_ALLOWED` with a `reason`, where the page calls it by itself: a `GENERAL_ERROR` or a failed request
 *   leaves that page blank;
 * - `HTTP`: the status alone, for endpoints that no page calls.
 */
export type RefusedAs = 'GENERAL_ERROR' | 'SIGN_IN_UP_NOT_ALLOWED' | 'HTTP'
