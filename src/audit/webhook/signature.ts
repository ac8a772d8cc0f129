import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

const bytesOf = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), 'base64')

/** Whether this is a secret of Standard Webhooks. */
export function isWebhookSecret (value: unknown): boolean {
  if (typeof value !== 'string' || !/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(value)) return false
  const { length } = bytesOf(value)
  return length >= 24 && length <= 64
}

/**
 * The headers of a message by Standard Webhooks. With several secrets there is a signature for each, so that a receiver
 * can change to the next one at any time.
 *
 * @param seconds since 1970, of this attempt: receivers refuse old ones, so that none can be replayed
 */
export function signedHeaders (secrets: readonly string[], id: string, seconds: number, body: string): Record<string, string> {
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', bytesOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64')}`)
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': signatures.join(' ') }
}
