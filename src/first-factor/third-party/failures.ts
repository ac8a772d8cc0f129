import { clearTimeout, setTimeout } from 'node:timers'
import type { UserContext } from 'supertokens-node/types'
import { ProviderRefused, ProviderUnavailable } from '../../errors.js'
import { appOf } from '../../supertokens/sdk.js'
import { textOf } from '../../members.js'

/**
 * Time limit of a call to a provider, in milliseconds. A person is waiting, and the SDK itself would wait for minutes.
 */
export const PATIENCE_MS = 10_000

/** The start of the SDK's error message for an HTTP error of a provider; the provider's own text follows. */
const HTTP_FAILURE = /^(?:Received response with status|Getting userInfo failed with) (\d{3})\b/
/**
 * jose's codes for a bad token. All other codes, of jose and of Node, mean that the provider's keys could not be
 * loaded.
 */
const TOKEN_REFUSED = /^ERR_(?:JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING|JWKS_MULTIPLE_MATCHING)_/

function statusOf (err: unknown): number | undefined {
  const status = err instanceof Error ? HTTP_FAILURE.exec(err.message)?.[1] : undefined
  return status === undefined ? undefined : Number(status)
}

/**
 * Whether an exchange failed because of an outage: no network, no answer in time, or an unreadable answer. Any other
 * error is the provider's refusal of the client's input. `fetch` throws a TypeError if there is no network, and so does
 * code that reads a garbled answer.
 */
export function isOutage (err: unknown): boolean {
  const status = statusOf(err)
  if (status !== undefined) return status >= 500 || status === 429
  const code = textOf(err, 'code')
  return err instanceof TypeError || err instanceof SyntaxError || (code !== undefined && !TOKEN_REFUSED.test(code))
}

/**
 * Returns an OAuth error code that is safe to log. Registered codes are plain words; anything else might hold secrets.
 */
export function oauthErrorIn (value: string | undefined): string | undefined {
  return value !== undefined && /^[a-z_]{1,64}$/.test(value) ? value : undefined
}

/**
 * Describes an error well enough to find its cause, without the answer itself: providers repeat codes and tokens in it.
 */
export function reasonOf (err: unknown): string {
  const status = statusOf(err)
  const oauthError = err instanceof Error ? oauthErrorIn(/"error"\s*:\s*"([^"]*)"/.exec(err.message)?.[1]) : undefined
  const code = textOf(err, 'code') ?? textOf(err instanceof Error ? err.cause : undefined, 'code')
  const parts = [status === undefined ? undefined : `status ${status}`, oauthError, code].filter((part) => part !== undefined)
  return parts.join(', ') || (err instanceof Error ? err.name : 'unknown')
}

/** Creates the 503 for a provider that is down. */
export function outage (provider: string, reason: string): Error {
  return new ProviderUnavailable({ cause: new Error(`sign-in provider "${provider}": ${reason}`) })
}

/** Logs why a provider refused, and creates the 400 for it. */
export function refusal (provider: string, reason: string, userContext: UserContext | undefined): Error {
  // The client is not told the reason. An operator with a wrong client secret has nothing else to go by.
  if (userContext !== undefined) appOf(userContext).log.warn({ provider, reason }, 'sign-in refused by the provider')
  return new ProviderRefused()
}

/** Whether an error already has one of this project's codes. */
export function isOurs (err: unknown): boolean {
  return textOf(err, 'code')?.startsWith('AUTH_') === true
}

/** Rejects if a provider does not answer in time: treat it as down. */
export async function inTime<Result> (provider: string, work: Promise<Result>, patienceMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(outage(provider, 'no answer in time')) }, patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Whether the client caused the error by a `user` that is not JSON. Apple sends the user's name through the client, as
 * JSON.
 */
export function isClientsFault (err: unknown, user: unknown): boolean {
  if (!(err instanceof SyntaxError) || typeof user !== 'string') return false
  try {
    JSON.parse(user)
    return false
  } catch {
    return true
  }
}
