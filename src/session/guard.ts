import * as Session from 'supertokens-node/recipe/session'
import type { VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { PAUSE_SECONDS } from '../outage/circuit.js'
import { answerSdkError, toSdkRequest, toSdkResponse } from '../supertokens/adapter.js'
import { toPublicError } from '../supertokens/failures.js'
import type { Admission } from './admission.js'
import { holdSession } from './request-session.js'
import { makeDefaultUserContextFromAPI, runningSessionRecipe } from '../supertokens/sdk-internals.js'
import { verifiedSessions, type VerifiedSessions } from './verified-sessions.js'
import type { VerifiedToken } from './verified-token.js'

/** A hook for `preHandler` or any hook before it. Without `done`, it returns a promise. */
export interface SessionGuard {
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  (request: FastifyRequest, reply: FastifyReply): Promise<unknown>
}

/** How a guard decides. */
export interface Rule {
  /** Options for the SDK, if it has to decide. */
  options (request: FastifyRequest): VerifySessionOptions
  /** Whether the claims clearly admit this request. False leaves the decision to the SDK. */
  claimsHold (sessions: VerifiedSessions, verified: VerifiedToken, request: FastifyRequest): boolean
  antiCsrfCheck? (): boolean | undefined
  checkDatabase? (): boolean
}

/** Runs `decide` and lets the SDK answer its refusals. */
async function answering (reply: FastifyReply, req: BaseRequest, res: BaseResponse, decide: () => Promise<void>): Promise<FastifyReply | undefined> {
  try {
    await decide()
    return undefined
  } catch (err) {
    try {
      await answerSdkError(err, req, res)
    } catch (unanswered) {
      const error = toPublicError(unanswered)
      // Set the header here: the host's own error handler, which gets the error, does not know about it.
      if (error.statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
      throw error
    }
    return reply
  }
}

/**
 * Lets the SDK make every check. Without a session the answer is 401 for every method; the SDK's own `verifySession`
 * lets OPTIONS and TRACE through.
 */
async function bySdk (request: FastifyRequest, reply: FastifyReply, options: VerifySessionOptions): Promise<FastifyReply | undefined> {
  const [req, res] = [toSdkRequest(request), toSdkResponse(reply)]
  return await answering(reply, req, res, async () => {
    holdSession(request, await Session.getSession(req, res, options))
  })
}

/**
 * The second half of the SDK's `getSession`, for a token whose signature it has already verified. Its validators
 * decide, and its refusals are sent.
 */
async function byClaims (admission: Admission, request: FastifyRequest, reply: FastifyReply, options: VerifySessionOptions): Promise<FastifyReply | undefined> {
  return await answering(reply, admission.req, admission.res, async () => {
    const userContext = makeDefaultUserContextFromAPI(admission.req)
    const session = admission.detachedSession()
    const validators = await runningSessionRecipe().getRequiredClaimValidators(session, options.overrideGlobalClaimValidators, userContext)
    await session.assertClaims(validators, userContext)
    await session.attachToRequestResponse(admission, userContext)
    holdSession(request, session)
  })
}

/** Creates a guard. It needs no promise if the token is cached and `rule` holds. */
export function createGuard (rule: Rule): SessionGuard {
  function guard (request: FastifyRequest, reply: FastifyReply, done?: HookHandlerDoneFunction): Promise<unknown> | undefined {
    const sessions = verifiedSessions()
    const admission = rule.checkDatabase?.() === true ? undefined : sessions?.admit(request, reply, rule.antiCsrfCheck?.())
    if (admission === undefined) return bySdk(request, reply, rule.options(request))
    if (!rule.claimsHold(sessions!, admission.verified, request)) return byClaims(admission, request, reply, rule.options(request))
    holdSession(request, admission)
    if (done === undefined) return Promise.resolve()
    done()
    return undefined
  }
  return guard as SessionGuard
}
