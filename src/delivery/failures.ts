import { memberOf } from '../members.js'

// Error codes of Node, undici, OpenSSL and nodemailer. Digits are excluded on purpose: the `code` of an unknown error
// might be the one-time code.
const ERROR_CODE = /^(?:E[A-Z_]{3,}|(?:ERR|UND|CERT|DEPTH|SELF|UNABLE|HOSTNAME)_[A-Z_]+)$/

const ourFailures = new WeakSet<object>()

/** Creates an error whose text is ours and therefore safe to show as the cause of a failed delivery. */
export function failure (cause: string): Error {
  const error = new Error(cause)
  ourFailures.add(error)
  return error
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
  const status = ['statusCode', 'status', 'responseCode'].map((key) => memberOf(error, key))
    .find((value) => Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600)
  const parts = [code, status === undefined ? undefined : `status ${String(status)}`].filter((part) => part !== undefined)
  return parts.join(', ') || 'unknown error'
}
