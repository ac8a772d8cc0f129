import type { FastifyInstance } from 'fastify'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import type { Challenge } from './challenge.js'
import type { FactorCall, SecondFactorRequest } from './requests.js'

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
  | { state: 'none' }
  | { state: 'enrolled', address?: string, record?: unknown } & Ownership
  | { state: 'broken' }

/** What is known of an address that is enrolled before it has answered a code. All absent where none is. */
export interface Ownership {
  /** Whether it has ever answered a code for this account. */
  isProven? (): Promise<boolean>
  /** Tells that it has answered one now. `since`: when any account first did, in milliseconds since 1970. */
  answered? (since: number): Promise<void>
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

/** Finds the state of a user's factor. Asks the Core each time. */
export type FindState = (subject: Subject, userContext: UserContext) => Promise<FactorState>

/** What a factor works with once the shared code has opened the request. */
export interface FactorContext {
  request: SecondFactorRequest
  /** What the Core knew when the request began. */
  state: FactorState
  userContext: UserContext
}

/** The part of a {@link Challenge} that a factor decides. The shared code adds the rest and writes it into the session. */
export type NewChallenge = Pick<Challenge, 'id' | 'details'>

/** A challenge, or a new message of one, before the client hears of it. */
export interface Made {
  challenge: NewChallenge
  /** Sends the message; false when the provider did not take it. Absent for factors that send nothing. */
  deliver? (): Promise<boolean>
  /** Makes a message that could not be delivered unusable. */
  withdraw? (): Promise<void>
}

/** What became of an answer. Counting, the claim and the session are the shared code's business. */
export type Checked<Proof, Rejection> =
  | { outcome: 'right', proof: Proof }
  | { outcome: 'wrong' | 'expired' | 'restart', rejection: Rejection }

/** For factors that send a message: where it goes. */
export interface Addressing<Input> {
  /** Names the windows that count messages to one address. */
  kind: string
  /** The address that the client names, normalised; undefined when it is not valid. */
  named (input: Input): string | undefined
  /** Whether an address is the enrolled one, perhaps stored in an earlier normal form. @default by equality */
  isSame? (address: string, enrolled: string): boolean
  /** Whether the client asks for the enrolled address without naming it. */
  asksForEnrolled (input: Input): boolean
  /** Shown when the client names no valid address. */
  invalidMessage: string
  /**
   * @param owned whether the account has proved that the address is its own
   * @throws AUTH_LIMIT_REACHED when messages may not go there
   */
  requireReachable (address: string, userContext: UserContext, owned: boolean): void
  /** What audit events may say of the address: masked. */
  masked (address: string): { phone?: string }
  /**
   * Whether the client may know the enrolled address, as from its access token. Otherwise to name one is to guess: it
   * counts as a try.
   * @default false
   */
  isShown?: boolean
  /** The refusal of an address other than the enrolled one. */
  mismatch (): Error
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

/** An endpoint below `apiBasePath`. */
export interface FactorEndpoint {
  method: 'GET' | 'POST'
  path: string
  /** JSON Schema (draft 7) of the body. Give every string a `maxLength`. */
  body?: Record<string, unknown>
  /** Also served as `/<tenantId><path>`. @default false */
  perTenant?: boolean
  /** @default 'GENERAL_ERROR' */
  refusedAs?: RefusedAs
  /** Changes the body before the handler reads it. */
  prepare? (body: Record<string, unknown>): void
  /** Answers with 200 and this object. Absent where a recipe of the SDK serves the path. */
  handle? (login: SecondFactorLogin, call: FactorCall, body: Record<string, unknown>): Promise<object>
}

/** The types that a factor passes through the shared code. */
export interface FactorTypes {
  /** What a client sends to be challenged. */
  input: unknown
  /** What it sends to have the message sent again. */
  again?: unknown
  /** What it sends as the answer. */
  answer: unknown
  /** What it gets with a challenge. */
  reply: object
  /** What a right answer yields, for enrolment and for the endpoint's reply. */
  proof: unknown
  /** What it gets for any other answer, in the words of the Frontend Driver Interface. */
  rejection: { status: string, message?: string }
}

/**
 * A second factor. It says only what is its own: who has it, what to ask for, whether an answer is right. Everything that
 * keeps attackers out is shared and runs for every factor: the claim, the binding of challenges to sessions, the count of
 * failures, one-time use, enrolment, audit (`src/second-factor/README.md`).
 */
export interface Factor<Types extends FactorTypes = FactorTypes> {
  /** In options, audit events and challenges, for example `sms`. */
  readonly id: string
  /** Order among factors, higher is stronger. Decides which factor may vouch for another one (`policy.ts`). */
  readonly strength: number
  /** Key of the user's metadata in the Core that holds the enrolment. */
  readonly record: string
  /** Seconds that a challenge can be answered; 600 at most (NIST SP 800-63B 3.1.3.2). */
  readonly challengeLifetime: number
  /** Whether `check` uses the challenge up by itself, atomically over all replicas. @default false: the shared code does */
  readonly checkSpends?: boolean
  readonly addressing?: Addressing<Types['input']>
  readonly endpoints: readonly FactorEndpoint[]

  /** Adds recipes and overrides while plugins are being registered. */
  install? (app: FastifyInstance, login: SecondFactorLogin): void

  /** Asked before anything is sent or spent. */
  readonly state: FindState
  /** The refusal of a user whose state is `broken`. @default AUTH_FACTOR_BROKEN */
  broken? (): Error

  /** Makes a challenge, for `address` if the factor sends messages. `reply` goes to the client when everything has worked. */
  challenge (context: FactorContext, input: Types['input'], address: string | undefined): Promise<Made & { reply: Types['reply'] }>
  /** Makes another message for the same challenge; undefined when the client has to start over. */
  renew? (context: FactorContext, challenge: Challenge, input: Types['again']): Promise<Made | undefined>
  /** Makes the message that a newer one has replaced unusable. */
  revokeMessage? (context: FactorContext, challenge: Challenge): Promise<void>
  /**
   * The answer to a client whose time is up: another message of the same challenge can be asked for. Undefined when the
   * client has to start over, for example because the challenge is spent. Never looks at what the client answered.
   * @default to start over
   */
  expired? (context: FactorContext, challenge: Challenge): Promise<Types['rejection'] | undefined>

  /** Id of the challenge that an answer belongs to; undefined when the parts of the answer do not match. */
  challengeOf (answer: Types['answer']): string | undefined
  /**
   * Reads the answer as people type it. What cannot be an answer at all is refused with a message and is no try.
   * @default the answer as it is
   */
  read? (challenge: Challenge, answer: Types['answer']): { answer: Types['answer'] } | { message: string }
  check (context: FactorContext, challenge: Challenge, answer: Types['answer']): Promise<Checked<Types['proof'], Types['rejection']>>
  /** Whether the proof belongs to what is enrolled. Asked after `check`, before the claim changes. @default always */
  confirms? (state: FactorState, challenge: Challenge, proof: Types['proof']): boolean
  /** What {@link record} holds once a proof has enrolled the factor. */
  recordOf (proof: Types['proof'], challenge: Challenge): unknown
  /** What the access token says of the factor. @default nothing */
  payload? (challenge: Challenge): Record<string, string>
}

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
/** The answer to a client that answered. `session` is the same session as before, its claim now true. */
export type Answered<Proof, Rejection> = { status: 'OK', proof: Proof, session: SessionContainerInterface } | Rejection | Restart | GeneralError

/**
 * What a factor's endpoints call. Each method throws the SDK's session errors and the coded errors of docs/errors.md, and
 * publishes its audit event.
 */
export interface SecondFactorLogin {
  /** Asks for a new challenge. */
  ask<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, input: Types['input']): Promise<Asked<Types['reply']>>
  /** Asks for another message of the session's challenge. `challengeId` is undefined when the request does not fit together. */
  askAgain<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, challengeId: string | undefined, input: Types['again']): Promise<Asked | Restart>
  /** Answers the session's challenge. Only here does the claim become true. */
  answer<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, answer: Types['answer']): Promise<Answered<Types['proof'], Types['rejection']>>
}
