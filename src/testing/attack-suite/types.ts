import type { FastifyInstance, InjectOptions } from 'fastify'
import type { SignedInUser, TestUser } from '../sign-in.js'
import type { TransferMethod } from '../test-session.js'

/** Who may come in: sessions that have passed both factors, sessions of the first factor alone, or anyone. */
export type Access = 'second-factor' | 'first-factor' | 'public'

/** A request that a route takes. */
export interface Sample {
  /** By name, as in the route's path; `*` for a wildcard. @default '1' for each */
  params?: Record<string, string>
  /** @default none */
  query?: Record<string, string>
  /** @default none */
  headers?: Record<string, string>
  /** @default {} for methods with a body */
  payload?: InjectOptions['payload']
}

/** What the host says of one of its routes. */
export interface RouteExpectation {
  /** @default as the route declares it. A route that declares nothing is for sessions that have passed both factors. */
  access?: Access
  /** How old the second factor may be: seconds, or a text such as `5m`. @default `config.secondFactor.maxAge` */
  maxAge?: number | string
  /** Roles without which nobody may come in. @default `config.secondFactor.roles` */
  roles?: readonly string[]
  /** Permissions without which nobody may come in. @default `config.secondFactor.permissions` */
  permissions?: readonly string[]
  /** What its schema and its handler take. A function gets the user who sends it. */
  sample?: Sample | ((user: SignedInUser) => Sample | Promise<Sample>)
  /** Why the route is not attacked. The report repeats it. @default it is attacked */
  skip?: string
}

/** What an answer to a request of the suite was. */
export interface AttackAnswer {
  /** Undefined if there was none in time. 101 for a WebSocket that opened. */
  statusCode: number | undefined
  headers: Record<string, unknown>
  body: string
  /** The route whose handler ran, such as `POST /payout`. */
  handler: string | undefined
}

type Run = (context?: unknown) => Promise<void>

/** `test` of node:test or Vitest. */
export type TestFunction = (name: string, run: Run) => unknown

export interface AttackSuiteOptions {
  /**
   * What the app's routes ask for, by method and path as they are declared, such as `POST /payout` or `GET /orders/:id`.
   * @default as they declare it
   */
  routes?: Record<string, RouteExpectation>
  /** How sessions are sent. @default both ways, as far as the app takes them */
  sessions?: readonly TransferMethod[]
  /** Whether an answer says that somebody may not come in. @default (answer) => status 401 or 403, or a redirect without the handler */
  isRefusal?: (answer: AttackAnswer) => boolean
  /** Creates a user whose first factor has passed, for apps with a sign-up of their own. @default `signUp` of the test kit */
  signUp?: (app: FastifyInstance, user: TestUser) => Promise<SignedInUser>
  /** Ids of the attacks to run, beside `every-route-is-reached`. @default all */
  only?: readonly string[]
  /** Milliseconds to wait for the answer of a handler, which may stream without an end. @default 2000 */
  patience?: number
  /** Registers one test for each attack: `test` of node:test or Vitest, or a context with such a method, as tap's `t`. */
  test?: TestFunction | { test: TestFunction }
}

/** Something that an attack found. */
export interface Finding {
  /** Id of the attack. */
  attack: string
  /** `open`: somebody came in, or did what they may not. `unproven`: it could not be tried, so that nothing is known. */
  outcome: 'open' | 'unproven'
  /** The route or endpoint, such as `POST /payout`. */
  target: string
  detail: string
}

export interface AttackResult {
  id: string
  /** What somebody tries, in a sentence. */
  threat: string
  /** `held`: it failed everywhere. `not applicable`: the app has nothing that it could be tried on. */
  outcome: 'held' | 'open' | 'unproven' | 'not applicable'
  /** Why it is not applicable. */
  reason?: string
  findings: Finding[]
}

export interface AttackReport {
  attacks: AttackResult[]
  /** What an attacker gets in by. */
  open: Finding[]
  /** What the suite could not try, so that nothing is known of it. */
  unproven: Finding[]
  /** Every route of the host, and who may come in; `skipped` with the reason. */
  routes: Array<{ name: string, access: Access | 'skipped', reason?: string }>
  /** Whether nothing is open and nothing is unproven. */
  passed: boolean
  /** The report as a text, for a terminal. */
  text: string
}
