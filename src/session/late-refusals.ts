import * as Session from 'supertokens-node/recipe/session'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { toSdkRequest, toSdkResponse } from '../supertokens/adapter.js'
import { asSessionEnded } from './ended.js'
import { isOpenConfig } from './open-route.js'
import { answerRefusal } from './refusal.js'

type ErrorHandler = NonNullable<RouteOptions['errorHandler']>

/** @param own of the route, for hosts that answer refusals themselves */
async function answered (err: unknown, request: FastifyRequest, reply: FastifyReply, own: ErrorHandler | undefined): Promise<unknown> {
  try {
    await answerRefusal(err, reply, toSdkRequest(request), toSdkResponse(reply))
  } catch (refusal) {
    if (own === undefined) throw refusal
    // Where it answers later than it returns, the reply is what to wait for.
    return await own.call(request.server, refusal as Parameters<ErrorHandler>[0], request, reply) ?? reply
  }
  return reply
}

/**
 * Answers the SDK's session errors behind a guard the way the guard does: what functions of a session throw in handlers and
 * hooks, such as `mergeIntoAccessTokenPayload` when the session has ended since, or `assertClaims`. Otherwise each of them
 * would be a 500, and a frontend would neither refresh nor ask for a second factor.
 *
 * Every other error goes to the handlers that it would go to without this one.
 *
 * @param isHosted whether the app turns out to use this library
 */
export function answerLateRefusals (route: RouteOptions, isHosted: () => boolean): void {
  if (isOpenConfig(route.config)) return
  const { errorHandler: own } = route
  // Not async: an error handler may answer later than it returns, and Fastify takes a promise without a value for an answer.
  const handle = function (err: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
    if (isHosted() && asSessionEnded(err) instanceof Session.Error) return answered(err, request, reply, own)
    if (own !== undefined) return own.call(request.server, err as Parameters<ErrorHandler>[0], request, reply)
    // Fastify sends what is no error as an answer, unless a promise was rejected with it.
    if (!(err instanceof Error)) return Promise.reject(err)
    reply.send(err)
    return undefined
  }
  route.errorHandler = handle as ErrorHandler
}
