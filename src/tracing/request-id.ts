import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The header in which a request's id comes, goes back, and goes on to the Core and to senders. */
export const REQUEST_ID_HEADER = 'x-request-id'

/**
 * What is taken from a header. No spaces, line breaks, colours of terminals or quotes, so that nobody writes lines or
 * columns of their own into a log, whatever its format is; and no more than 128 characters of it. Two headers of this name
 * are joined by a comma, and so are none.
 */
const ACCEPTED = /^[A-Za-z0-9._-]{1,128}$/

/** Ids that a host makes in its own way, such as `Root=1-67891233-…` of a load balancer. They fit on one line. */
const OF_HOST = /^[!-~]{1,128}$/

/** Where there is no request at hand. Only the Frontend Driver Interface and the pages enter it, never a guard. */
const current = new AsyncLocalStorage<string>()

/** Makes a server's ids: that of a proxy that is trusted, or a random one, which no two replicas share. */
export function createRequestIds (isTrusted: (address: string | undefined) => boolean) {
  return function genReqId ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    // A page calls the interface within the same request.
    const outer = current.getStore()
    if (outer !== undefined) return outer
    const given = headers[REQUEST_ID_HEADER]
    return typeof given === 'string' && ACCEPTED.test(given) && isTrusted(socket.remoteAddress) ? given : randomUUID()
  }
}

/** An id as it can be logged and sent: that of a host may be what a client has written. Undefined if it cannot. */
export function safeRequestId (id: unknown): string | undefined {
  return typeof id === 'string' && OF_HOST.test(id) ? id : undefined
}

/** Does the work of a request. All that it calls knows the request's id, even after the answer. */
export function withRequestId<Result> (id: unknown, work: () => Result): Result {
  const known = current.getStore() ?? safeRequestId(id)
  return known === undefined ? work() : current.run(known, work)
}

/** The id of the request that is being handled, where {@link withRequestId} does the work. */
export function currentRequestId (): string | undefined {
  return current.getStore()
}
