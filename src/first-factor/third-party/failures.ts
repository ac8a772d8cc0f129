import type { UserContext } from 'supertokens-node/types'
import { ProviderRefused, ProviderUnavailable } from '../../errors.js'
import { appOf } from '../../supertokens/sdk.js'
import { textOf } from '../../members.js'

/** A person waits for the answer, and the SDK itself would wait for minutes. */
export const PATIENCE_MS = 10_000

/** The beginning of what the SDK throws for an HTTP error of a provider's; the provider's own text follows. */
const HTTP_FAILURE = /^(?:Received response with status|Getting userInfo failed with) (\d{3})\b/
/** What jose says of a token. Its other codes, and those of Node, say that the provider's keys could not be had. */
const TOKEN_REFUSED = /^ERR_(?:JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING|JWKS_MULTIPLE_MATCHING)_/

function statusOf (err: unknown): number | undefined {
  const status = err instanceof Error ? HTTP_FAILURE.exec(err.message)?.[1] : undefined
  return status === undefined ? undefined : Number(status)
}

/**
 * No network, no answer in time, an answer that is none: everything else that an exchange throws is the provider's refusal of what
 * the client sent. A TypeError is what `fetch` throws without a network, and what reading a garbled answer ends in.
 */
export function isOutage (err: unknown): boolean {
  const status = statusOf(err)
  if (status !== undefined) return status >= 500 || status === 429
  const code = textOf(err, 'code')
  return err instanceof TypeError || err instanceof SyntaxError || (code !== undefined && !TOKEN_REFUSED.test(code))
}

/** The registered ones are plain words; what is not might be anything. */
export function oauthErrorIn (value: string | undefined): string | undefined {
  return value !== undefined && /^[a-z_]{1,64}$/.test(value) ? value : undefined
}

/** Enough to find the cause, never the answer itself: providers repeat codes and tokens in theirs. */
export function reasonOf (err: unknown): string {
  const status = statusOf(err)
  const oauthError = err instanceof Error ? oauthErrorIn(/"error"\s*:\s*"([^"]*)"/.exec(err.message)?.[1]) : undefined
  const code = textOf(err, 'code') ?? textOf(err instanceof Error ? err.cause : undefined, 'code')
  const parts = [status === undefined ? undefined : `status ${status}`, oauthError, code].filter((part) => part !== undefined)
  return parts.join(', ') || (err instanceof Error ? err.name : 'unknown')
}

export function outage (provider: string, reason: string): Error {
  return new ProviderUnavailable({ cause: new Error(`sign-in provider "${provider}": ${reason}`) })
}

export function refusal (provider: string, reason: string, userContext: UserContext | undefined): Error {
  // The client is told nothing of the sort, and the operator with a wrong client secret has nothing else to go by.
  if (userContext !== undefined) appOf(userContext).log.warn({ provider, reason }, 'sign-in refused by the provider')
  return new ProviderRefused()
}

export function isOurs (err: unknown): boolean {
  return textOf(err, 'code')?.startsWith('AUTH_') === true
}

/** A provider that never answers is one that is down. */
export async function inTime<Result> (provider: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(outage(provider, 'no answer in time')) }, PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Apple sends the person's name through the client, as JSON. */
export function isClientsFault (err: unknown, user: unknown): boolean {
  if (!(err instanceof SyntaxError) || typeof user !== 'string') return false
  try {
    JSON.parse(user)
    return false
  } catch {
    return true
  }
}
