import type { FastifyBaseLogger } from 'fastify'
import { type AuditWebhookOptions, DEFAULT_MOST } from '../options.js'
import { prepareCredentials } from '../../limits/redis-credentials.js'
import { createDelivery } from '../webhook/delivery.js'
import type { Outbox } from '../webhook/outbox.js'
import { openPostgresOutbox } from '../webhook/postgres-outbox.js'
import { openRedisOutbox } from '../webhook/redis-outbox.js'
import { openSqliteOutbox } from '../webhook/sqlite-outbox.js'
import type { Sink } from './sink.js'

const DEFAULT_TIMEOUT_MS = 10_000

function openOutbox (place: AuditWebhookOptions['outbox'], most: number, log: FastifyBaseLogger): Promise<Outbox> {
  if ('file' in place) return openSqliteOutbox(place.file, most)
  return 'redisUrl' in place ? openRedisOutbox(place.redisUrl, most, log) : openPostgresOutbox(place.postgresUrl, most, log)
}

/**
 * Delivers events to a webhook by Standard Webhooks, through an outbox: at least once each.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE if the outbox cannot be opened
 */
export async function createWebhookSink ({ url, secrets, outbox: place, most = DEFAULT_MOST, timeout = DEFAULT_TIMEOUT_MS }: AuditWebhookOptions, log: FastifyBaseLogger): Promise<Sink> {
  const outbox = await openOutbox(place, most, log)
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
