import type { FastifyBaseLogger } from 'fastify'
import type { AuditTrailOptions } from '../options.js'
import { createFileSink } from './file.js'
import { createHostSink } from './host-sink.js'
import { createOtelSink } from './otel.js'
import type { Sink } from './sink.js'
import { createStdoutSink } from './stdout.js'
import { createWebhookSink } from './webhook.js'

/** What makes each sink that the options name, the file first: it fails at once, if at all. */
function makersOf ({ stdout, file, webhook, otel, sinks = [] }: AuditTrailOptions, log: FastifyBaseLogger): Array<() => Sink | Promise<Sink>> {
  return [
    ...(file === undefined ? [] : [() => createFileSink(file, log)]),
    ...(stdout === true ? [() => createStdoutSink()] : []),
    ...(otel === true ? [createOtelSink] : []),
    ...(webhook === undefined ? [] : [() => createWebhookSink(webhook, log)]),
    ...sinks.map((sink) => () => createHostSink(sink))
  ]
}

/**
 * Opens the sinks that the options name.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE, AUTH_PACKAGE_MISSING; none is open then
 */
export async function createSinks (options: AuditTrailOptions, log: FastifyBaseLogger): Promise<Sink[]> {
  const sinks: Sink[] = []
  try {
    for (const make of makersOf(options, log)) sinks.push(await make())
    return sinks
  } catch (err) {
    for (const sink of sinks) await sink.close(0)
    throw err
  }
}
