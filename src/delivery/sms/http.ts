import { statusFailure } from '../failures.js'
import { isLoopback } from '../../loopback.js'
import { OptionsInvalid } from '../../errors.js'

/** Checks a URL that receives codes and credentials: https, or http on this machine. */
export function checkUrl (option: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new OptionsInvalid(`${option} must be an http or https URL`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new OptionsInvalid(`${option} must use https, except to this machine: codes would cross the network unencrypted`)
  }
  // fetch refuses credentials in URLs, and URLs end up in logs.
  if (url.username !== '' || url.password !== '') throw new OptionsInvalid(`${option} must not contain credentials`)
  return url
}

/** Requires a setting to be a non-empty text without white space or control characters. */
export function checkText (option: string, value: unknown): void {
  if (typeof value !== 'string' || !/^[^\s\p{Cc}]+$/u.test(value)) throw new OptionsInvalid(`${option} must be a text without spaces`)
}

/**
 * Sends a POST and does not follow redirects: following one would send the code, and often the credentials, to a host
 * that nobody configured.
 */
export function post (url: URL | string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
}

/** Rejects unless the status is 2xx, and releases the connection without reading the body. */
export async function requireSuccess (response: Response): Promise<void> {
  await response.body?.cancel()
  if (!response.ok) throw statusFailure(`status ${response.status}`, response.status)
}
