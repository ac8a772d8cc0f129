import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { failure } from '../failures.js'
import { textOf } from '../../members.js'
import type { ReceiptRequest, SendContext, SmsMessage, SmsSender } from '../sender.js'
import type { SmsOptions } from '../../options/connections.js'
import { REQUEST_ID_HEADER } from '../../tracing/request-id.js'
import { checkText, checkUrl, post, requireSuccess } from './http.js'
import { parseJson } from './template/answer.js'

export type WebhookOptions = Extract<SmsOptions, { provider: 'webhook' }>

/** The parts of a request that a receiver verifies. */
export interface WebhookSignatureInput {
  /** The shared secret. */
  secret: string
  /** The raw body, before any parsing. */
  body: string | Uint8Array
  /** Headers with lower-case names, as Node and Fastify provide them. */
  headers: Record<string, string | string[] | undefined>
  /** Seconds by which the timestamp may differ from now, in either direction. @default 300 */
  maxAge?: number
  /** The clock, in milliseconds since 1970. @default Date.now */
  now?: () => number
}

function sign (secret: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest()
}

/**
 * Whether a webhook request is recent and signed with the secret. Receivers should also remember each body's `id` for
 * `maxAge` seconds: within that time a recorded request can be replayed.
 */
export function verifyWebhookSignature ({ secret, body, headers, maxAge = 300, now = () => Date.now() }: WebhookSignatureInput): boolean {
  const timestamp = headers['x-signature-timestamp']
  const signature = headers['x-signature']
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false
  if (typeof signature !== 'string' || !/^[0-9a-f]{64}$/.test(signature)) return false
  if (Math.abs(now() / 1000 - Number(timestamp)) > maxAge) return false
  return timingSafeEqual(Buffer.from(signature, 'hex'), sign(secret, timestamp, body))
}

/**
 * Creates a sender that POSTs each message as signed JSON to the operator's URL. After a broken connection or a 502,
 * 503 or 504 it retries once with the same id, so that a receiver that remembers ids never sends a code twice.
 */
export function createWebhookSender (options: WebhookOptions, { now = () => Date.now() }: { now?: () => number } = {}): SmsSender {
  const url = checkUrl('sms.url', options.url)
  checkText('sms.secret', options.secret)

  return {
    name: 'webhook',
    async send (message: SmsMessage, { signal, receiptUrl, requestId, traceHeaders }: SendContext): Promise<void> {
      const { to, body, code, link, codeLifetime, language } = message
      const id = randomUUID()
      // JSON omits undefined members.
      const payload = JSON.stringify({ id, channel: 'sms', to, body, code, link, codeLifetime, language, receiptUrl })
      const attempt = (): Promise<Response> => {
        const timestamp = String(Math.floor(now() / 1000))
        return post(url, {
          ...traceHeaders,
          ...(requestId !== undefined && { [REQUEST_ID_HEADER]: requestId }),
          'content-type': 'application/json',
          'idempotency-key': id,
          'x-signature-timestamp': timestamp,
          'x-signature': sign(options.secret, timestamp, payload).toString('hex')
        }, payload, signal)
      }
      let response = await attempt().catch((error: unknown) => {
        // fetch reports every network problem as a TypeError. An abort is not one and is not retried.
        if (!(error instanceof TypeError)) throw error
      })
      if (response !== undefined && [502, 503, 504].includes(response.status)) {
        await response.body?.cancel()
        response = undefined
      }
      await requireSuccess(response ?? await attempt())
    },
    receipt ({ headers, body }: ReceiptRequest) {
      if (!verifyWebhookSignature({ secret: options.secret, body, headers, now })) throw failure('the signature is wrong')
      const status = textOf(parseJson(body), 'status')
      return status === 'delivered' || status === 'undelivered' ? status : undefined
    }
  }
}
