import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SessionDecorated } from '../errors.js'
import { Admission } from './admission.js'
import type { VerifiedToken } from './verified-token.js'

const HELD = Symbol('fastify-2fa.session')

type Held = Admission | SessionContainerInterface | undefined

declare module 'fastify' {
  interface FastifyRequest {
    [HELD]: Held
  }
}

/** Stores what the guard admitted. */
export function holdSession (request: FastifyRequest, held: Held): void {
  request[HELD] = held
}

/** The rule that admitted a session for which the SDK had to be asked. */
const verifiedBy = new WeakMap<SessionContainerInterface, object>()

/** Stores the session that the SDK verified for the guard with this rule. */
export function holdVerified (request: FastifyRequest, session: SessionContainerInterface | undefined, rule: object): void {
  if (session !== undefined) verifiedBy.set(session, rule)
  holdSession(request, session)
}

/** Whether a guard with this rule has already admitted the request. */
export function isHeldBy (request: FastifyRequest, rule: object): boolean {
  const held = request[HELD]
  if (held === undefined) return false
  return (held instanceof Admission ? held.admittedBy : verifiedBy.get(held)) === rule
}

/** Any request, whatever the types of its route and its server are: @fastify/http-proxy has its own. */
type AnyRequest = Pick<FastifyRequest, typeof HELD>

/**
 * The session that a guard has admitted, whatever `sessionProperty` is. Undefined on routes without a guard, and for
 * anonymous requests where the session is optional. TypeScript knows which requests have one, as of `request.session`.
 */
export function sessionOf (request: AnyRequest & { session: SessionContainerInterface }): SessionContainerInterface
export function sessionOf (request: AnyRequest): SessionContainerInterface | undefined
export function sessionOf (request: AnyRequest): SessionContainerInterface | undefined {
  const held = request[HELD]
  return held instanceof Admission ? held.session : held
}

/** The verified token of a request that was admitted by the cache alone; undefined if the SDK was asked. */
export function verifiedOf (request: FastifyRequest): VerifiedToken | undefined {
  const held = request[HELD]
  return held instanceof Admission ? held.verified : undefined
}

/**
 * Decorates requests with the session. It is created on first use, because most handlers never read it.
 *
 * @throws AUTH_SESSION_DECORATED if the property is taken
 */
export function decorateSession (app: FastifyInstance, property: string): void {
  if (app.hasRequestDecorator(property)) throw new SessionDecorated(property)
  app.decorateRequest(HELD, undefined)
  app.decorateRequest(property, {
    getter (this: FastifyRequest) {
      return sessionOf(this)
    },
    setter (this: FastifyRequest, session: SessionContainerInterface | undefined) {
      this[HELD] = session
    }
  })
}
