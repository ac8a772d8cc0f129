import { errorHandler, middleware } from 'supertokens-node/framework/custom'
import { wrapRequest, wrapResponse } from 'supertokens-node/framework/fastify'
import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { asSessionEnded } from '../session/ended.js'
import { makeDefaultUserContextFromAPI } from './sdk-internals.js'

/**
 * Connects Fastify and the SDK. It replaces the SDK's own Fastify plugin, which answers from a hook without waiting for
 * the reply. With any slow `onSend` hook, that plugin's answers leave as 404, and a refused session can crash the
 * process.
 */

/**
 * Wraps a request for the SDK.
 *
 * @param url what the SDK takes for its URL
 */
export function toSdkRequest (request: FastifyRequest, url = request.url): BaseRequest {
  const wrapped = wrapRequest(request as never)
  wrapped.getOriginalURL = () => url
  return wrapped
}

/**
 * Makes a reply JSON. A response schema of the host's for this status, or a serializer, would drop what frontends need,
 * such as the claims that failed.
 */
export function asJson (reply: FastifyReply): FastifyReply {
  return reply.type('application/json; charset=utf-8').serializer((payload: unknown) => JSON.stringify(payload))
}

/** Wraps a reply for the SDK. */
export function toSdkResponse (reply: FastifyReply): BaseResponse {
  const response = wrapResponse(reply as never)
  // The SDK's wrapper drops the status of HTML answers, so that redirects would leave as 200.
  const { sendJSONResponse, setStatusCode } = response
  response.setStatusCode = (statusCode) => {
    reply.code(statusCode)
    setStatusCode(statusCode)
  }
  response.sendJSONResponse = (content) => {
    asJson(reply)
    sendJSONResponse(content)
  }
  return response
}

const handle = middleware<BaseRequest, BaseResponse>()

/**
 * Lets the SDK answer a request of the Frontend Driver Interface.
 *
 * @param url its URL as clients write it
 * @returns false if the SDK has no such API
 * @throws errors that the SDK does not answer: its plain errors, and ours
 */
export async function handleBySdk (request: FastifyRequest, reply: FastifyReply, url: string): Promise<boolean> {
  const result = await handle(toSdkRequest(request, url), toSdkResponse(reply))
  if (result.error !== undefined) throw result.error
  return result.handled === true
}

/**
 * Sends the SDK's answer to one of its errors: 401, 403 with the failed claims, cleared cookies. One difference: no tokens
 * are deleted because a session has ended (`sessionEnded`).
 *
 * @throws the error itself if the SDK has no answer to it
 */
export async function answerSdkError (err: unknown, request: BaseRequest, response: BaseResponse): Promise<void> {
  let unanswered: unknown
  await errorHandler()(asSessionEnded(err), request, response, (next?: unknown) => { unanswered = next })
  if (unanswered !== undefined) throw unanswered
}

/** What our own endpoints get: the SDK's view of the request, as its APIs have it. */
export interface SdkCall {
  options: { req: BaseRequest, res: BaseResponse }
  userContext: UserContext
}

/** What an endpoint of ours needs of a request. */
export function callOf (request: FastifyRequest, reply: FastifyReply): SdkCall {
  const [req, res] = [toSdkRequest(request), toSdkResponse(reply)]
  return { options: { req, res }, userContext: makeDefaultUserContextFromAPI(req) }
}

/**
 * Runs one of our endpoints the way the SDK runs its own: answers 200 with the object that `api` returns, or the SDK's
 * answer to a session error. Changes to the session, such as a new access token, go out with the reply.
 *
 * @throws errors that the SDK does not answer
 */
export async function handleBySdkSession (request: FastifyRequest, reply: FastifyReply, api: (call: SdkCall) => Promise<object>): Promise<true> {
  const call = callOf(request, reply)
  const { options: { req, res } } = call
  try {
    res.sendJSONResponse(await api(call))
  } catch (err) {
    await answerSdkError(err, req, res)
  }
  return true
}
