import type { FastifyInstance } from 'fastify'
import type { SignedInUser } from '../../../src/testing/index.js'

export type Payload = Record<string, string>

/** How clients of an app pass its second factor: all in which the attacks on one factor differ from those on another. */
export interface Way {
  readonly factor: string
  readonly ask: string
  /** Where the factor has messages that can be sent again. */
  readonly again?: string
  readonly answer: string
  /** Where a challenge is answered that the service need not make. @default answer */
  answerTo? (challenge: Payload): string
  /** Whether a factor that is enrolled has to be asked for. @default true */
  readonly isAsked?: boolean
  /** Key of the user's metadata that holds the enrolment, and what makes it broken. */
  readonly record: string
  readonly broken: unknown[]
  readonly brokenCode: string
  readonly wrongStatus: string
  /** What gets whoever has to start over, and whoever comes five minutes late. @default 'RESTART_FLOW_ERROR' */
  readonly restartStatus?: string
  readonly lateStatus?: string
  /** Enrols a factor that takes other endpoints to enrol than to sign in. Accounts of the suite then have it from the start. */
  enrol? (user: SignedInUser): Promise<void>
  input (user: SignedInUser): Payload
  /** Asks, and returns what passes in this session. */
  request (app: FastifyInstance, user: SignedInUser): Promise<Payload>
  wrong (challenge: Payload): Payload
  /** What of the challenge no answer may show. */
  secret (challenge: Payload): string
  /** Everything that could pass after these answers to being asked. */
  candidates (app: FastifyInstance, asked: Payload[]): Payload[]
  /** Two challenges in one answer. */
  mixed (own: Payload, other: Payload): Payload[]
  /** What the session's data would hold if this challenge were the session's own. */
  forged (challenge: Payload, user: SignedInUser): object
}
