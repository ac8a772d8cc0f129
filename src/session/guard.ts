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

/** A hook for `preHandler`, or any hook before it; without `done` it answers by a promise. */
export interface SessionGuard {
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  (request: FastifyRequest, reply: FastifyReply): Promise<unknown>
}

export interface Rule {
  /** What the SDK is asked when it decides. */
  options (request: FastifyRequest): VerifySessionOptions
  /** Whether the claims plainly let this request through; false leaves them to the SDK. */
  claimsHold (sessions: VerifiedSessions, verified: VerifiedToken, request: FastifyRequest): boolean
  antiCsrfCheck? (): boolean | undefined
  checkDatabase? (): boolean
}

/** Lets `decide` decide, and the SDK answer what it refuses. */
async function answering (reply: FastifyReply, req: BaseRequest, res: BaseResponse, decide: () => Promise<void>): Promise<FastifyReply | undefined> {
  try {
    await decide()
    return undefined
  } catch (err) {
    try {
      await answerSdkError(err, req, res)
    } catch (unanswered) {
      const error = toPublicError(unanswered)
      // The error goes to the host's own handler, which knows nothing of it.
      if (error.statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
      throw error
    }
    return reply
  }
}

/** The SDK from the first check to the last. No session is 401 whatever the method; the SDK's `verifySession` lets OPTIONS and TRACE through. */
async function bySdk (request: FastifyRequest, reply: FastifyReply, options: VerifySessionOptions): Promise<FastifyReply | undefined> {
  const [req, res] = [toSdkRequest(request), toSdkResponse(reply)]
  return await answering(reply, req, res, async () => {
    holdSession(request, await Session.getSession(req, res, options))
  })
}

/** The second half of the SDK's `getSession`, for a token whose signature it has verified before: its validators, its refusals. */
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

/** A guard that needs no promise where the token is known and `rule` holds. */
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
