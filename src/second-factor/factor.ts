import type { FastifyInstance } from 'fastify'
import type { UserContext } from 'supertokens-node/types'
import type { Addressing } from './addressing.js'
import type { Answered, Asked, Beside, MfaInfo, RefusedAs, Restart, SignedIn } from './answers.js'
import type { Challenge } from './challenge.js'
import type { Metadata } from './records.js'
import type { FactorCall, SecondFactorRequest } from './requests.js'
import type { SoleAnswer } from './sole-answer.js'
import type { FactorState, FindState } from './state.js'
import type { Round } from './tries.js'

export type { Answered, Asked, Beside, GeneralError, MfaInfo, RefusedAs, Restart, SignedIn } from './answers.js'

/** What a factor works with once the shared code has opened the request. */
export interface FactorContext {
  request: SecondFactorRequest
  /** What the Core knew when the request began. */
  state: FactorState
  userContext: UserContext
  /** While an answer is checked: the failures if this one fails too. Undefined where they are not limited. */
  tries?: Round
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

/** An endpoint below `apiBasePath`. */
export interface FactorEndpoint {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  /** JSON Schema (draft 7) of the body. Give every string a `maxLength`. */
  body?: Record<string, unknown>
  /** Also served as `/<tenantId><path>`. @default false */
  perTenant?: boolean
  /** `none` for whoever signs in. @default 'needed' */
  session?: 'none' | 'needed'
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
  /** Its name in the Frontend Driver Interface: `PUT /mfa/info` and the `st-mfa` claim. @default the id */
  readonly mfaId?: string
  /** What the access token says of how the user was authenticated (RFC 8176). @default none */
  readonly amr?: readonly string[]
  /** Order among factors, higher is stronger. Decides which factor may vouch for another one (`policy.ts`). */
  readonly strength: number
  /**
   * Stands in for factors that are lost: it vouches for every factor, and a user who has nothing else has no factor.
   * @default false
   */
  readonly isBackup?: boolean
  /** For a backup: makes what a user gets with the first factor. `shown` goes to the client, once. */
  issue? (): Promise<{ value: unknown, shown: Beside }>
  /** Key of the user's metadata in the Core that holds the enrolment. */
  readonly record: string
  /**
   * Whether a user can enrol it several times, such as two authenticator apps. Each enrolment has a key of its own,
   * `<record>:<id>`, so that parallel changes lose nothing. Keep what each use changes, such as a counter, under another
   * key: sessions that are being created end when an enrolment changes.
   * @default false
   */
  readonly severalIds?: (challenge: Challenge) => string
  /**
   * Whether an answer that names no challenge can pass at sign-in. For factors that the server need not ask for first,
   * such as a code from an authenticator app. `check` then gets a challenge without details, and must use each answer up
   * by itself ({@link checkSpends}).
   * @default false
   */
  readonly unasked?: boolean
  /**
   * How many different answers pass at the same moment, for a user with this metadata. The more, the fewer wrong ones a
   * user has until the lock, so that no factor makes guessing easier.
   * @default 1
   */
  readonly answersPassing?: (metadata: Metadata) => number
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
  /** What is written together with it, and means nothing without it. @default nothing */
  besideRecord? (proof: Types['proof']): Metadata
  /** Done before {@link record} is written; what it throws keeps the factor from being enrolled. @default nothing */
  beforeRecord? (proof: Types['proof'], userId: string, userContext: UserContext): Promise<void>
  /** Where messages go, for frontends that offer a choice. Masked where the client must not know it. @default nothing */
  contacts? (state: FactorState): { emails?: string[], phoneNumbers?: string[] }
  /** What the access token says of the factor. @default nothing */
  payload? (challenge: Challenge): Record<string, string>
  /** What of {@link payload} goes with the factor. @default nothing */
  readonly payloadKeys?: readonly string[]
}

/**
 * What a factor's endpoints call. Each method throws the SDK's session errors and the coded errors of docs/errors.md, and
 * publishes its audit event.
 */
export interface SecondFactorLogin {
  /**
   * Asks for a new challenge. With `adds`, the right answer enrols the factor once more, also where it is enrolled. Who may
   * do that is decided here and once more with the answer (`policy.ts`).
   */
  ask<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, input: Types['input'], options?: { adds?: boolean }): Promise<Asked<Types['reply']>>
  /** Asks for another message of the session's challenge. `challengeId` is undefined when the request does not fit together. */
  askAgain<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, challengeId: string | undefined, input: Types['again']): Promise<Asked | Restart>
  /** Answers the session's challenge. Only here does the claim become true. */
  answer<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, answer: Types['answer']): Promise<Answered<Types['proof'], Types['rejection']>>
  /** Signs in without a first factor. Only for what is two factors in one, such as a passkey that verifies its user. */
  signIn (factor: Factor, call: FactorCall, given: SoleAnswer): Promise<SignedIn>
  /** The choice among factors. */
  info (call: FactorCall): Promise<MfaInfo>
  /**
   * What the user has enrolled of a factor, by id. For the owner's eyes: refused with the claim's 403 before a second factor
   * has passed, unless nothing is enrolled.
   */
  list (factor: Factor, call: FactorCall): Promise<Array<[id: string, value: unknown]>>
  /**
   * Asks for a code to another address, which is to take the place of the enrolled one. Takes what adding a factor takes.
   *
   * @throws AUTH_ENROLMENT_REFUSED, AUTH_FACTOR_NOT_ENROLLED, AUTH_CONTESTS_FULL
   */
  askToMove<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, input: Types['input']): Promise<Asked<Types['reply']>>
  /**
   * Answers that. Only then does the address change, once, and other sessions end. Its owner is told where the old one was,
   * with a link that undoes it.
   */
  move<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, answer: Types['answer']): Promise<Answered<Types['proof'], Types['rejection']>>
  /**
   * Removes an enrolment. Takes a factor that is at least as strong as the strongest one, passed just now. The last one
   * stays: an account without a factor would take that of the next thief with the password. Without `id`, for a factor that
   * can be enrolled once, another one has to stay that is as strong. Other sessions end.
   *
   * @returns false when there is no such enrolment
   */
  remove (factor: Factor, call: FactorCall, id?: string): Promise<boolean>
  /**
   * Forgets the session's challenge before it is answered.
   *
   * @returns false when the session has no such challenge
   */
  forget (factor: Factor, call: FactorCall, challengeId: string | undefined): Promise<boolean>
  /**
   * Requires what the owner's eyes require: that a second factor has passed, unless none is enrolled.
   *
   * @throws the claim's 403
   */
  requireOwner (call: FactorCall): Promise<SecondFactorRequest>
  /**
   * Replaces what the user has of a backup. Takes what removing a factor takes. Other sessions end.
   *
   * @param make gets the user's metadata. `others` is written too, null removes a key
   * @returns what the client is shown, once
   */
  replace (factor: Factor, call: FactorCall, make: (metadata: Metadata) => Promise<{ value: unknown, shown: Beside, others: Metadata }>): Promise<Beside>
  /**
   * Requires what adding a factor requires: one that is at least as strong as the strongest one, passed just now.
   *
   * @throws AUTH_ENROLMENT_REFUSED
   */
  requireFresh (call: FactorCall): Promise<SecondFactorRequest>
  /**
   * The same where the user has a second factor, for what is no second factor itself.
   *
   * @throws AUTH_FRESH_FACTOR_NEEDED
   */
  requireFreshIfAny (call: FactorCall): Promise<SecondFactorRequest & { hasFactor: boolean }>
}
