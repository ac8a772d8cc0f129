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
