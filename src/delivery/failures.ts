import { memberOf } from '../members.js'

// Codes of Node, undici, OpenSSL and nodemailer. Digits are left out on purpose: what a stranger's error calls its
// `code` might be the one-time code.
const ERROR_CODE = /^(?:E[A-Z_]{3,}|(?:ERR|UND|CERT|DEPTH|SELF|UNABLE|HOSTNAME)_[A-Z_]+)$/

const ourFailures = new WeakSet<object>()

/** An error whose text we wrote ourselves, and which therefore may be shown as the cause of a failed delivery. */
export function failure (cause: string): Error {
  const error = new Error(cause)
  ourFailures.add(error)
  return error
}

/**
 * Reduces any error to a code and a status. The messages, responses and causes of providers' errors repeat the
 * receiver, the text or the credentials more often than not, so nothing else of them survives.
 */
export function shortCause (error: unknown): string {
  if (error instanceof Error && ourFailures.has(error)) return error.message
  // nodemailer keeps the system's code as `originalCode`, fetch in its `cause`; both say more than what wraps them.
  const code = [memberOf(error, 'originalCode'), memberOf(error, 'code'), memberOf(memberOf(error, 'cause'), 'code')]
    .find((value) => typeof value === 'string' && ERROR_CODE.test(value))
  const status = ['statusCode', 'status', 'responseCode'].map((key) => memberOf(error, key))
    .find((value) => Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600)
  const parts = [code, status === undefined ? undefined : `status ${String(status)}`].filter((part) => part !== undefined)
  return parts.join(', ') || 'unknown error'
}
