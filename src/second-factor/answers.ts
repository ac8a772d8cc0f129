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

/** The answer to a client that answered. `session` is the same session as before, its claim now true. */
export type Answered<Proof, Rejection> = { status: 'OK', proof: Proof, session: SessionContainerInterface, beside: Beside } | Rejection | Restart | GeneralError

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
