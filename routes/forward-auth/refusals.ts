import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Visit } from '../../src/forward-auth/forward-auth.js'
import { lackOf, type ForwardPlaces } from '../../src/forward-auth/places.js'
import { isNavigation } from '../../src/forward-auth/visit.js'
import { ForwardedInvalid } from '../../src/errors.js'
import { memberOf } from '../../src/members.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { asJson } from '../../src/supertokens/adapter.js'
import { toPublicError } from '../../src/supertokens/failures.js'

/** How a proxy is told that a browser should go elsewhere: by a redirect that it passes on, or beside 401 and 403. */
export type Refusals = 'redirect' | 'status'

const REDIRECT_HEADER = 'x-auth-redirect'

const INVALID = 'The proxy is not set up correctly.'

/** A question that cannot be decided: nothing passes. */
export function refuseQuestion (request: FastifyRequest, reply: FastifyReply, err: unknown): FastifyReply {
  const error = toPublicError(err)
  const { statusCode = 500, code, message, cause } = error
  if (statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
  // What only the operator can mend is in the log, and not in what visitors get.
  if (statusCode >= 500) request.log.error({ err: cause ?? error }, message)
  else request.log.warn({ code, cause }, message)
  return asJson(reply).code(statusCode).send({ code, message: error instanceof ForwardedInvalid ? INVALID : message })
}

interface Way {
  refusals: Refusals
  places: ForwardPlaces
}

/** A visitor's request that is refused. */
export function refuseVisit (request: FastifyRequest, reply: FastifyReply, err: unknown, { request: visit, original }: Visit, { refusals, places }: Way): FastifyReply {
  const lack = lackOf(err)
  if (lack === undefined) return refuseQuestion(request, reply, err)
  const place = isNavigation(visit) ? places.placeFor(lack, original) : undefined
  if (place !== undefined && refusals === 'redirect') return reply.redirect(place, 302)
  if (place !== undefined) reply.header(REDIRECT_HEADER, place)
  return asJson(reply).code(Number(memberOf(err, 'statusCode'))).send(memberOf(err, 'body'))
}
