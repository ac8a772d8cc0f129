import { errorHandler, middleware } from 'supertokens-node/framework/custom'
import { wrapRequest, wrapResponse } from 'supertokens-node/framework/fastify'
import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { makeDefaultUserContextFromAPI } from './sdk-internals.js'

/**
 * Between Fastify and the SDK, instead of its own Fastify plugin. That one answers from a hook and resolves without waiting for the
 * reply: with any `onSend` hook that takes a moment, answers leave as 404 and a refused session can crash the process.
 */

/** A request as the SDK reads it. */
export function toSdkRequest (request: FastifyRequest): BaseRequest {
  return wrapRequest(request as never)
}

/** A reply as the SDK writes it. */
export function toSdkResponse (reply: FastifyReply): BaseResponse {
  const response = wrapResponse(reply as never)
  // The SDK's wrapper forgets the status of HTML answers: redirects would leave as 200.
  const { setStatusCode } = response
  response.setStatusCode = (statusCode) => {
    reply.code(statusCode)
    setStatusCode(statusCode)
  }
  return response
}

const handle = middleware(toSdkRequest, toSdkResponse)

/**
 * Lets the SDK answer a request of the Frontend Driver Interface.
 *
 * @returns false when the SDK has no such API
 * @throws what is no answer of the SDK's: its plain errors, and ours
 */
export async function handleBySdk (request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  const result = await handle(request, reply)
  if (result.error !== undefined) throw result.error
  return result.handled === true
}

/**
 * Sends the SDK's answer to one of its errors: 401, 403 with the failed claims, cleared cookies.
 *
 * @throws the error itself when the SDK has no answer to it
 */
export async function answerSdkError (err: unknown, request: BaseRequest, response: BaseResponse): Promise<void> {
  let unanswered: unknown
  await errorHandler()(err, request, response, (next?: unknown) => { unanswered = next })
  if (unanswered !== undefined) throw unanswered
}

/** What an endpoint of ours gets: the SDK's view of the request, as its own APIs have it. */
export interface SdkCall {
  options: { req: BaseRequest, res: BaseResponse }
  userContext: UserContext
}

/**
 * Answers an endpoint of ours in the manner of the SDK's: 200 with the object that `api` returns, or the SDK's answer to a
 * session error. What it writes into the session, such as a new access token, goes out with the reply.
 *
 * @throws what the SDK has no answer to
 */
export async function handleBySdkSession (request: FastifyRequest, reply: FastifyReply, api: (call: SdkCall) => Promise<object>): Promise<true> {
  const [req, res] = [toSdkRequest(request), toSdkResponse(reply)]
  try {
    const answer = await api({ options: { req, res }, userContext: makeDefaultUserContextFromAPI(req) })
    res.sendJSONResponse(answer)
  } catch (err) {
    await answerSdkError(err, req, res)
  }
  return true
}
