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

/** Keeps what the guard has let in. */
export function holdSession (request: FastifyRequest, held: Held): void {
  request[HELD] = held
}

/** `request.session`, made when it is first read: most handlers never do. */
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
