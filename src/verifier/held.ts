import type { VerifiedSession } from './session.js'

/** By request: a property could be taken, as `session` is by session middlewares, and be written by others. */
const held = new WeakMap<object, VerifiedSession>()

/** Keeps the session of a request that an adapter has admitted. */
export function holdSession (request: object, session: VerifiedSession): void {
  held.set(request, session)
}

/**
 * The session that an adapter has admitted, by the request that the adapter got: of Express, Fastify and `ws` the request,
 * of Koa the context, of Nest the request of its platform. Undefined on routes without one.
 */
export function sessionOf (request: object): VerifiedSession | undefined {
  return held.get(request)
}
