import type { FastifyError } from '@fastify/error'
import { CookiesAmbiguous, CoreUnavailable, Internal } from '../errors.js'

/**
 * What is left when the SDK has no answer: its plain errors carry the Core's own text, or that no Core could be reached. Neither is
 * for a client.
 */
export function toPublicError (err: unknown): FastifyError {
  if (isPublic(err)) return err
  const message = err instanceof Error ? err.message : ''
  // A sibling domain can plant a cookie of the same name; which one is ours, nobody can tell.
  if (message.startsWith('The request contains multiple session cookies')) return new CookiesAmbiguous({ cause: err })
  // A Core that answers 503 cannot go on for now, such as an embedded one whose disk is full.
  const unavailable = err instanceof TypeError || message.startsWith('No SuperTokens core available') || /^SuperTokens core threw an error .* status code: 503 /.test(message)
  return unavailable ? new CoreUnavailable({ cause: err }) : new Internal({ cause: err })
}

/** Errors of ours and of Fastify's have a code and a status, and a message that was written for the client when it is below 500. */
function isPublic (err: unknown): err is FastifyError {
  return err instanceof Error && 'statusCode' in err && 'code' in err
}
