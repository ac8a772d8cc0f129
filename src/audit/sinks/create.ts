import type { FastifyBaseLogger } from 'fastify'
import type { AuditTrailOptions } from '../options.js'
import { createFileSink } from './file.js'
import { createHostSink } from './host-sink.js'
import { createOtelSink } from './otel.js'
import type { Sink } from './sink.js'
import { createStdoutSink } from './stdout.js'
import { createWebhookSink } from './webhook.js'

/**
 * The sinks that the options name.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE, AUTH_PACKAGE_MISSING
 */
export async function createSinks ({ stdout, file, webhook, otel, sinks = [] }: AuditTrailOptions, log: FastifyBaseLogger): Promise<Sink[]> {
  return [
    ...(file === undefined ? [] : [createFileSink(file, log)]),
    ...(stdout === true ? [createStdoutSink()] : []),
    ...(otel === true ? [await createOtelSink()] : []),
    ...(webhook === undefined ? [] : [await createWebhookSink(webhook, log)]),
    ...sinks.map(createHostSink)
  ]
}
