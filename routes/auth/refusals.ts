import type { FastifyReply, FastifyRequest } from 'fastify'
import { BodyInvalid } from '../../src/errors.js'
import { memberOf, textOf } from '../../src/members.js'
import type { RefusedAs } from '../../src/second-factor/factor.js'

/** The SDK's own refusals of a body: these have no code. */
const SDK_REFUSAL = 400

/** What a path that nobody serves gets, and what breaks the protocol: no page of a frontend asks for either. */
const ONLY_FOR_PROGRAMS = /^(?:AUTH_NOT_FOUND|FST_)/

function isForTheFrontend (statusCode: number, payload: unknown): boolean {
  // Frontends refresh the session on 401, and act on the claims that a 403 names.
  return statusCode === 401 || (statusCode === 403 && memberOf(payload, 'claimValidationErrors') !== undefined)
}

/**
 * preSerialization hook that gives every refusal of an endpoint the form in which stock pages show it. By HTTP status
 * they say that something went wrong, show nothing at all (any 403), or leave a blank page (`docs/frontend.md`). Programs
 * find the error's `code` beside the message.
 *
 * What a host's own hooks refuse stays as the host sends it, unless it has a code.
 * Failures of the service keep their 5xx, so that proxies and monitoring see them, except where the page would be blank.
 */
export function showRefusals (refusedAs: RefusedAs) {
  return async function preSerialization (_request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const { statusCode } = reply
    const message = textOf(payload, 'message')
    if (refusedAs === 'HTTP' || message === undefined || isForTheFrontend(statusCode, payload)) return payload
    const isOnBlankPage = refusedAs === 'SIGN_IN_UP_NOT_ALLOWED'
    const reason = isOnBlankPage ? { reason: message } : {}
    if (statusCode === 200) {
      return isOnBlankPage && memberOf(payload, 'status') === 'GENERAL_ERROR' ? { ...payload as object, status: refusedAs, ...reason } : payload
    }
    const code = textOf(payload, 'code') ?? (statusCode === SDK_REFUSAL ? new BodyInvalid('').code : undefined)
    // Without a code it comes from a hook of the host's, such as a firewall or a rate limit, whose logs count by status.
    if (code === undefined || statusCode < 400 || (statusCode >= 500 && !isOnBlankPage) || ONLY_FOR_PROGRAMS.test(code)) return payload
    reply.code(200)
    return { status: refusedAs, message, ...reason, code }
  }
}
