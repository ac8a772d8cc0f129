import type { FastifyError } from '@fastify/error'
import { CoreUnavailable, Internal } from '../errors.js'
import { isNetworkFailure } from '../outage/circuit.js'

/**
 * Maps an error that the SDK does not answer to one for the client. The SDK's plain errors quote the Core, or say that
 * no Core was reachable; a client should see neither.
 */
export function toPublicError (err: unknown): FastifyError {
  if (isPublic(err)) return err
  return isNetworkFailure(err) || isCoreOutage(err) ? new CoreUnavailable({ cause: err }) : new Internal({ cause: err })
}

/**
 * Whether the SDK reached no Core, or one that is temporarily unable to work, such as an embedded Core on a full disk.
 */
export function isCoreOutage (err: unknown): boolean {
  return err instanceof Error && /^No SuperTokens core available|^SuperTokens core threw an error .* status code: 503 /.test(err.message)
}

/**
 * Whether an error is ours, Fastify's or the host's. Ours and Fastify's have a code and a status. Refusals of a host's
 * hooks, such as @fastify/rate-limit, may have only the status. Below 500 the message is written for the client.
 */
function isPublic (err: unknown): err is FastifyError {
  if (!(err instanceof Error && 'statusCode' in err)) return false
  return 'code' in err || (Number(err.statusCode) >= 400 && Number(err.statusCode) < 500)
}
