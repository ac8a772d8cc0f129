import type { FastifyError } from '@fastify/error'
import { CookiesAmbiguous, CoreUnavailable, Internal } from '../errors.js'
import { isNetworkFailure } from '../outage/circuit.js'

/**
 * What is left when the SDK has no answer: its plain errors carry the Core's own text, or that no Core could be reached. Neither is
 * for a client.
 */
export function toPublicError (err: unknown): FastifyError {
  if (isPublic(err)) return err
  const message = err instanceof Error ? err.message : ''
  // A sibling domain can plant a cookie of the same name; which one is ours, nobody can tell.
  if (message.startsWith('The request contains multiple session cookies')) return new CookiesAmbiguous({ cause: err })
  return isNetworkFailure(err) || isCoreOutage(err) ? new CoreUnavailable({ cause: err }) : new Internal({ cause: err })
}

/** Whether the SDK has asked every Core in vain, or one that cannot go on for now, such as an embedded one whose disk is full. */
export function isCoreOutage (err: unknown): boolean {
  return err instanceof Error && /^No SuperTokens core available|^SuperTokens core threw an error .* status code: 503 /.test(err.message)
}

/** Errors of ours and of Fastify's have a code and a status, and a message that was written for the client when it is below 500. */
function isPublic (err: unknown): err is FastifyError {
  return err instanceof Error && 'statusCode' in err && 'code' in err
}
