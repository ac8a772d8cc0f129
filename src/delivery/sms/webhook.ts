import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { SendContext, SmsMessage } from '../sender.js'
import type { SmsOptions } from '../../options/options.js'
import { checkText, checkUrl, post, requireSuccess } from './http.js'

export type WebhookOptions = Extract<SmsOptions, { provider: 'webhook' }>

/** What a receiver has of a request. */
export interface WebhookSignatureInput {
  /** The secret that both sides share. */
  secret: string
  /** The body as it arrived, before any parsing. */
  body: string | Uint8Array
  /** Header names in lower case, as Node and Fastify give them. */
  headers: Record<string, string | string[] | undefined>
  /** Seconds by which the timestamp may differ from now, either way. @default 300 */
  maxAge?: number
  /** The clock, in milliseconds since 1970. @default Date.now */
  now?: () => number
}

function sign (secret: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest()
}

/**
 * Whether a webhook request comes from a holder of the secret and is recent. Receivers should also keep the `id` of the
 * body for as long as `maxAge`, since within that time a recorded request can be sent again.
 */
export function verifyWebhookSignature ({ secret, body, headers, maxAge = 300, now = Date.now }: WebhookSignatureInput): boolean {
  const timestamp = headers['x-signature-timestamp']
  const signature = headers['x-signature']
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false
  if (typeof signature !== 'string' || !/^[0-9a-f]{64}$/.test(signature)) return false
  if (Math.abs(now() / 1000 - Number(timestamp)) > maxAge) return false
  return timingSafeEqual(Buffer.from(signature, 'hex'), sign(secret, timestamp, body))
}

/**
 * POSTs each message as signed JSON to an URL of the operator. One further try follows a broken connection or a 502, 503 or 504,
 * with the same id, so that a receiver that remembers ids never sends a code twice.
 */
export function createWebhookSender (options: WebhookOptions, { now = Date.now }: { now?: () => number } = {}) {
  const url = checkUrl('sms.url', options.url)
  checkText('sms.secret', options.secret)

  return {
    name: 'webhook',
    async send (message: SmsMessage, { signal }: SendContext): Promise<void> {
      const { to, body, code, link, codeLifetime } = message
      const id = randomUUID()
      // JSON leaves out what is undefined.
      const payload = JSON.stringify({ id, channel: 'sms', to, body, code, link, codeLifetime })
      const attempt = (): Promise<Response> => {
        const timestamp = String(Math.floor(now() / 1000))
        return post(url, {
          'content-type': 'application/json',
          'idempotency-key': id,
          'x-signature-timestamp': timestamp,
          'x-signature': sign(options.secret, timestamp, payload).toString('hex')
        }, payload, signal)
      }
      let response = await attempt().catch((error: unknown) => {
        // fetch reports every network problem as a TypeError; an abort is none and gets no second try.
        if (!(error instanceof TypeError)) throw error
      })
      if (response !== undefined && [502, 503, 504].includes(response.status)) {
        await response.body?.cancel()
        response = undefined
      }
      await requireSuccess(response ?? await attempt())
    }
  }
}
