import type { IncomingHttpHeaders } from 'node:http'
import type { DemandOptions } from '../session/demand-options.js'
import { holdSession } from './held.js'
import type { Verifier } from './verifier.js'

/** Fastify's types, as far as they are needed: apps that import this file need not have its version. */
interface FastifyRequest {
  method: string
  headers: IncomingHttpHeaders
}
interface FastifyReply {
  code (status: number): FastifyReply
  headers (headers: Record<string, string>): FastifyReply
  serializer (serialize: (payload: unknown) => string): FastifyReply
  send (body: unknown): FastifyReply
}

/**
 * Hook for a Fastify app that has no Core: `{ preHandler: require2FA(verifier) }`, or of a whole scope with `addHook`.
 * `sessionOf(request)` has the session then.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function require2FA (verifier: Verifier, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const decision = await verify(request)
    if (decision.admitted) {
      holdSession(request, decision.session)
      return undefined
    }
    // A response schema of the host's for this status would drop the claims that failed.
    return reply.code(decision.status).headers({ ...decision.headers, 'content-type': 'application/json; charset=utf-8' })
      .serializer((payload) => JSON.stringify(payload)).send(decision.body)
  }
}
