import * as Session from 'supertokens-node/recipe/session'
import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { ClaimsInvalid, RefreshNeeded, Unauthorised } from '../errors.js'
import { PAUSE_SECONDS } from '../outage/circuit.js'
import { PHONE_VERIFIED_CLAIM, SECOND_FACTOR_CLAIM, stepUpChallenge } from '../second-factor/demand.js'
import { answerSdkError } from '../supertokens/adapter.js'
import { toPublicError } from '../supertokens/failures.js'
import { countRefusal } from './refusal-counts.js'

const THROWS = Symbol('fastify-2fa.throwRefusals')

declare module 'fastify' {
  interface FastifyInstance {
    [THROWS]?: true
  }
}

/** What a host's error handler gets where guards do not answer themselves. */
export interface Refusal extends FastifyError {
  /** The answer that SuperTokens' frontends expect. */
  body: object
}

/** Makes the guards of this scope hand their refusals to its error handler. */
export function throwRefusals (app: FastifyInstance): void {
  if (!app.hasDecorator(THROWS)) app.decorate(THROWS, true)
}

function errorFor (err: unknown): FastifyError {
  const type = Session.Error.isErrorFromSuperTokens(err) ? err.type : undefined
  if (type === Session.Error.INVALID_CLAIMS) return new ClaimsInvalid()
  return type === Session.Error.TRY_REFRESH_TOKEN ? new RefreshNeeded() : new Unauthorised()
}

interface ClaimError {
  id: string
  reason?: { maxAgeInSeconds?: unknown, acrValues?: unknown }
}

const SECOND_FACTOR_CLAIMS = [SECOND_FACTOR_CLAIM, PHONE_VERIFIED_CLAIM]

/** What a refused session lacks of the second factor; undefined if it lacks something else. */
function missingSecondFactor (err: unknown): ClaimError | undefined {
  if (!Session.Error.isErrorFromSuperTokens(err) || err.type !== Session.Error.INVALID_CLAIMS) return undefined
  return (err.payload as ClaimError[]).find(({ id }) => SECOND_FACTOR_CLAIMS.includes(id))
}

/**
 * Answers what a guard caught.
 *
 * @throws a {@link Refusal}, where the host wants to answer, and what is no refusal
 */
export async function answerRefusal (err: unknown, reply: FastifyReply, req: BaseRequest, res: BaseResponse): Promise<void> {
  const missing = missingSecondFactor(err)
  countRefusal(err, missing !== undefined)
  if (missing !== undefined) reply.header('www-authenticate', stepUpChallenge(missing))
  let body: object | undefined
  // Headers, such as those that delete the cookies of a session that has ended, stay with the reply.
  if (reply.server[THROWS] === true) res.sendJSONResponse = (content) => { body = content as object }
  try {
    await answerSdkError(err, req, res)
  } catch (unanswered) {
    const error = toPublicError(unanswered)
    // Set the header here: the host's own error handler, which gets the error, does not know about it.
    if (error.statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
    throw error
  }
  if (body !== undefined) throw Object.assign(errorFor(err), { statusCode: reply.statusCode, body })
}
