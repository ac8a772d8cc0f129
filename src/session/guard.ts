import * as Session from 'supertokens-node/recipe/session'
import type { VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { GuardMisused } from '../errors.js'
import { toSdkRequest, toSdkResponse } from '../supertokens/adapter.js'
import { Admission } from './admission.js'
import type { SessionError } from './clear-refusals.js'
import { endedHere, isEnded, type TokenOwner } from './ended.js'
import { isOpenRoute } from './open-route.js'
import { answerRefusal } from './refusal.js'
import { holdSession, holdVerified, isHeldBy } from './request-session.js'
import { makeDefaultUserContextFromAPI, runningSessionRecipe } from '../supertokens/sdk-internals.js'
import { inVerification } from '../tracing/steps.js'
import { checkUpgrade } from './upgrades.js'
import { refuseStrayCookies } from './stray-cookies.js'
import { verifiedSessions, type VerifiedSessions } from './verified-sessions.js'
import type { VerifiedToken } from './verified-token.js'

/** A hook for `preHandler` or any hook before it. Without `done`, it returns a promise. */
export interface SessionGuard {
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  (request: FastifyRequest, reply: FastifyReply): Promise<unknown>
}

declare const REQUIRES: unique symbol

/** A guard that admits no request without a session. */
export interface RequiringGuard extends SessionGuard {
  /** Types only. */
  readonly [REQUIRES]: true
}

/** How a guard decides. `Wanted` is what the route asks for. */
export interface Rule<Wanted> {
  /** Reads what the route asks for, once per request. False: the route is open. */
  wanted (request: FastifyRequest): Wanted | false
  /** Options for the SDK, if it has to decide. */
  options (wanted: Wanted): VerifySessionOptions
  /** Whether the claims clearly admit this request. False leaves the decision to the SDK. */
  claimsHold (sessions: VerifiedSessions, verified: VerifiedToken, wanted: Wanted): boolean
  antiCsrfCheck? (): boolean | undefined
  checkDatabase? (): boolean
  /** Whether requests without a token pass. */
  sessionOptional? (): boolean
}

/** Runs `decide` and answers its refusals. */
async function answering (reply: FastifyReply, req: BaseRequest, res: BaseResponse, decide: () => Promise<void>): Promise<FastifyReply | undefined> {
  try {
    await decide()
    return undefined
  } catch (err) {
    await answerRefusal(err, reply, req, res)
    return reply
  }
}

/** Refuses a session that has ended here, before its claims are looked at. */
function refusingEnded (options: VerifySessionOptions): VerifySessionOptions {
  return {
    ...options,
    overrideGlobalClaimValidators (validators, session, userContext) {
      if (isEnded(session.getHandle(), session.getAccessTokenPayload(userContext) as TokenOwner)) throw endedHere()
      return options.overrideGlobalClaimValidators?.(validators, session, userContext) ?? validators
    }
  }
}

/**
 * Lets the SDK make every check. Without a session the answer is 401 for every method; the SDK's own `verifySession`
 * lets OPTIONS and TRACE through.
 */
async function bySdk (request: FastifyRequest, reply: FastifyReply, rule: object, options: VerifySessionOptions): Promise<FastifyReply | undefined> {
  const [req, res] = [toSdkRequest(request), toSdkResponse(reply)]
  return await answering(reply, req, res, async () => {
    refuseStrayCookies(request, reply)
    const session = await Session.getSession(req, res, refusingEnded(options))
    if (session !== undefined) checkUpgrade(request, session)
    holdVerified(request, session, rule)
  })
}

/**
 * The second half of the SDK's `getSession`, for a token whose signature has been verified. Its validators
 * decide, and its refusals are sent.
 */
async function byClaims (admission: Admission, request: FastifyRequest, reply: FastifyReply, rule: object, options: VerifySessionOptions): Promise<FastifyReply | undefined> {
  return await answering(reply, admission.req, admission.res, async () => {
    const userContext = makeDefaultUserContextFromAPI(admission.req)
    const session = admission.detachedSession()
    const validators = await runningSessionRecipe().getRequiredClaimValidators(session, options.overrideGlobalClaimValidators, userContext)
    await session.assertClaims(validators, userContext)
    await session.attachToRequestResponse(admission, userContext)
    holdVerified(request, session, rule)
  })
}

/** Answers a request that the SDK can only refuse, as it does itself. */
async function refuseClearly (refusal: SessionError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  await answerRefusal(refusal, reply, toSdkRequest(request), toSdkResponse(reply))
  return reply
}

function pass (done: HookHandlerDoneFunction | undefined): Promise<undefined> | undefined {
  if (done === undefined) return Promise.resolve(undefined)
  done()
  return undefined
}

/**
 * Hands the outcome to `done`, if there is one. A promise as well would be lost on a host that calls the guard within a
 * hook of its own, and its rejection would end the process.
 */
function settle (decision: Promise<FastifyReply | undefined>, done: HookHandlerDoneFunction | undefined): Promise<unknown> | undefined {
  if (done === undefined) return decision
  // A refusal has been sent: nothing may follow.
  decision.then((refusal) => { if (refusal === undefined) done() }, done)
  return undefined
}

/** Refuses with an error. */
export function refuse (error: Error, done: HookHandlerDoneFunction | undefined): Promise<never> | undefined {
  if (done === undefined) return Promise.reject(error)
  done(error)
  return undefined
}

/** A guard as Fastify calls it. Only hooks that are too late for a guard, and `preParsing`, get a fourth argument. */
export type GuardFunction = (
  request: FastifyRequest, reply: FastifyReply, done?: HookHandlerDoneFunction, misplaced?: HookHandlerDoneFunction
) => Promise<unknown> | undefined

/**
 * Creates a guard. It needs no promise if the token is cached and `rule` holds. A route can have it twice, from its
 * scope and of its own: the second time it passes at once.
 */
export function createGuard<Wanted> (rule: Rule<Wanted>): GuardFunction {
  return function guard (request, reply, done, misplaced) {
    if (misplaced !== undefined) return refuse(new GuardMisused('it is a hook for onRequest, preValidation or preHandler'), misplaced)
    if (isHeldBy(request, rule)) return pass(done)
    const wanted = rule.wanted(request)
    if (wanted === false) return pass(done)
    const sessions = verifiedSessions()
    const outcome = rule.checkDatabase?.() === true ? undefined : sessions?.admit(request, reply, rule.antiCsrfCheck?.())
    if (outcome === undefined) return isOpenRoute(request) ? pass(done) : settle(inVerification(reply, () => bySdk(request, reply, rule, rule.options(wanted))), done)
    if (!(outcome instanceof Admission)) {
      const passes = isOpenRoute(request) || (outcome.type === Session.Error.UNAUTHORISED && rule.sessionOptional?.() === true)
      return passes ? pass(done) : settle(inVerification(reply, () => refuseClearly(outcome, request, reply)), done)
    }
    if (!rule.claimsHold(sessions!, outcome.verified, wanted)) return isOpenRoute(request) ? pass(done) : settle(inVerification(reply, () => byClaims(outcome, request, reply, rule, rule.options(wanted))), done)
    outcome.admittedBy = rule
    holdSession(request, outcome)
    return pass(done)
  }
}
