import type { FastifyInstance } from 'fastify'

/**
 * Keeps browsers and proxies from storing what the routes of a scope answer, refusals and errors too: most of it is about one
 * person, and who is next at the machine, or behind the same proxy, must not get it (RFC 9111, section 5.2.2.5). A route that
 * says the same to everybody sets a header of its own.
 */
export function neverStored (scope: FastifyInstance): void {
  // First of all hooks of the scope, since any of them may refuse.
  scope.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store')
    done()
  })
}
