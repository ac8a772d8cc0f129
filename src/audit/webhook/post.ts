import type { AuditEvent } from '../event.js'
import type { AuditWebhookOptions } from '../options.js'
import { signedHeaders } from './signature.js'

const LONGEST_RETRY_AFTER_MS = 3_600_000

/** What became of an attempt: about the event (`refused`), or about the receiver (`failed`, `gone`). */
export type Outcome = { kind: 'delivered' | 'refused' | 'gone' } | { kind: 'failed', retryAfter?: number }

/**
 * Answers that are about the event itself. All others are about the receiver, or the way to it: a wrong key, path or
 * time, a limit, an outage. Then every event would be refused, and none may be set aside.
 */
const ABOUT_THE_EVENT = [400, 406, 409, 411, 412, 413, 414, 415, 417, 422, 431]

function retryAfterOf (response: Response, now: number): number | undefined {
  const text = response.headers.get('retry-after')
  if (text === null) return undefined
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 0), LONGEST_RETRY_AFTER_MS)
}

interface PostOptions extends Pick<AuditWebhookOptions, 'url'> {
  /** Asked for each event: they change with a reload. */
  secrets (): readonly string[]
  timeout: number
  fetch: typeof globalThis.fetch
  now (): number
  /** Ends what is under way. */
  stop: AbortSignal
}

/** Sends events to a webhook by Standard Webhooks, once each time. */
export function createPost ({ url, secrets, timeout, fetch, now, stop }: PostOptions) {
  return async function post ({ id, type, time, ...data }: AuditEvent): Promise<Outcome> {
    const body = JSON.stringify({ type, timestamp: time, data: { id, type, time, ...data } })
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signedHeaders(secrets(), id, Math.floor(now() / 1000), body) },
        body,
        // Events are for this address only, wherever its server would send them.
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeout), stop])
      })
      await response.body?.cancel()
      const { status } = response
      if (status >= 200 && status < 300) return { kind: 'delivered' }
      if (status === 410) return { kind: 'gone' }
      if (ABOUT_THE_EVENT.includes(status)) return { kind: 'refused' }
      const retryAfter = retryAfterOf(response, now())
      return { kind: 'failed', ...(retryAfter !== undefined && { retryAfter }) }
    } catch {
      return { kind: 'failed' }
    }
  }
}
