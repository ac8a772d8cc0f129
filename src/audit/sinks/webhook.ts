import type { FastifyBaseLogger } from 'fastify'
import { type AuditWebhookOptions, DEFAULT_MOST } from '../options.js'
import { prepareCredentials } from '../../limits/redis-credentials.js'
import { createDelivery } from '../webhook/delivery.js'
import { openRedisOutbox } from '../webhook/redis-outbox.js'
import { openSqliteOutbox } from '../webhook/sqlite-outbox.js'
import type { Sink } from './sink.js'

const DEFAULT_TIMEOUT_MS = 10_000

/**
 * Delivers events to a webhook by Standard Webhooks, through an outbox: at least once each.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE if the outbox cannot be opened
 */
export async function createWebhookSink ({ url, secrets, outbox: place, most = DEFAULT_MOST, timeout = DEFAULT_TIMEOUT_MS }: AuditWebhookOptions, log: FastifyBaseLogger): Promise<Sink> {
  const outbox = 'file' in place ? await openSqliteOutbox(place.file, most) : await openRedisOutbox(place.redisUrl, most, log)
  const delivery = createDelivery({ url, secrets, timeout, outbox, log })
  let present = place
  return {
    name: 'webhook',
    isDurable: true,
    write: (event) => outbox.add(event),
    figures: delivery.figures,
    close: delivery.close,
    async prepare ({ secrets: nextSecrets, outbox: next }) {
      const use = 'redisUrl' in present && 'redisUrl' in next ? await prepareCredentials(outbox.clients ?? [], present.redisUrl, next.redisUrl, 'audit.webhook.outbox.redisUrl') : undefined
      return () => {
        if (use !== undefined) present = next
        use?.()
        delivery.useSecrets(nextSecrets)
      }
    }
  }
}
