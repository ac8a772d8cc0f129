import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SessionDecorated } from '../errors.js'
import { Admission } from './admission.js'

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

/** Decorates requests with `session`. It is created on first use, because most handlers never read it. */
export function decorateSession (app: FastifyInstance): void {
  if (app.hasRequestDecorator('session')) throw new SessionDecorated()
  app.decorateRequest(HELD, undefined)
  app.decorateRequest('session', {
    getter (this: FastifyRequest) {
      const held = this[HELD]
      return held instanceof Admission ? held.session : held
    },
    setter (this: FastifyRequest, session: SessionContainerInterface | undefined) {
      this[HELD] = session
    }
  })
}
