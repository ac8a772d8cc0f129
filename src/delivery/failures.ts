import { memberOf } from '../members.js'
import { isGatewayFailure, isNetworkFailure } from '../outage/circuit.js'

// Error codes of Node, undici, OpenSSL and nodemailer. Digits are excluded on purpose: the `code` of an unknown error
// might be the one-time code.
const ERROR_CODE = /^(?:E[A-Z_]{3,}|(?:ERR|UND|CERT|DEPTH|SELF|UNABLE|HOSTNAME)_[A-Z_]+)$/

/** Codes of connections that were never made: whatever the message says, it has not caused them. */
const NOT_CONNECTED = /^(?:ECONNREFUSED|EHOST[A-Z]*|ENET[A-Z]*|EAI_[A-Z]+|ENOTFOUND|EDNS|UND_ERR_CONNECT_TIMEOUT)$/

/** Statuses that say that the request itself is wrong. All of it is the operator's but the receiver. */
const WRONG_RECEIVER = [400, 422]

const ourFailures = new WeakSet<object>()
const refusedReceivers = new WeakSet<object>()

/** Creates an error whose text is ours and therefore safe to show as the cause of a failed delivery. */
export function failure (cause: string): Error {
  const error = new Error(cause)
  ourFailures.add(error)
  return error
}

/** The same where the provider has refused the receiver, so that no other one is asked. */
export function refusedReceiver (cause: string): Error {
  const error = failure(cause)
  refusedReceivers.add(error)
  return error
}

/** The same where the provider has answered with a status. */
export function statusFailure (cause: string, status: number): Error {
  return Object.assign(failure(cause), { status })
}

function statusOf (error: unknown, keys: readonly string[]): number | undefined {
  const status = keys.map((key) => memberOf(error, key)).find((value) => Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600)
  return status as number | undefined
}

/**
 * Whether a provider has refused the receiver. Another one would as well, and asking all of them is what somebody wants
 * who tries numbers at others' expense.
 */
export function isReceiverRefused (error: unknown): boolean {
  if (error instanceof Error && refusedReceivers.has(error)) return true
  return WRONG_RECEIVER.includes(statusOf(error, ['statusCode', 'status']) ?? 0)
}

/** Whether the provider was not reached at all. */
export function isNotConnected (error: unknown): boolean {
  return [memberOf(error, 'code'), memberOf(memberOf(error, 'cause'), 'code')].some((code) => typeof code === 'string' && NOT_CONNECTED.test(code))
}

/**
 * Whether the provider is down. A provider that refuses a single number is not: a receiver must not be able to cause an
 * outage.
 */
export function isOutage (error: unknown): boolean {
  const status = statusOf(error, ['statusCode', 'status'])
  return isNetworkFailure(error) || (status !== undefined && isGatewayFailure(status))
}

/**
 * Reduces any error to a code and a status. Providers' messages, responses and causes often repeat the receiver, the
 * text or the credentials, so nothing else is kept.
 */
export function shortCause (error: unknown): string {
  if (error instanceof Error && ourFailures.has(error)) return error.message
  // nodemailer keeps the system's code in `originalCode`, fetch in its `cause`. Both say more than the outer error's
  // code.
  const code = [memberOf(error, 'originalCode'), memberOf(error, 'code'), memberOf(memberOf(error, 'cause'), 'code')]
    .find((value) => typeof value === 'string' && ERROR_CODE.test(value))
  const status = statusOf(error, ['statusCode', 'status', 'responseCode'])
  const parts = [code, status === undefined ? undefined : `status ${String(status)}`].filter((part) => part !== undefined)
  return parts.join(', ') || 'unknown error'
}
