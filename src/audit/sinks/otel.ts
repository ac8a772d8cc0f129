import type { LogAttributes } from '@opentelemetry/api-logs'
import { orInstall } from '../../optional-package.js'
import { typeOf } from '../event-types.js'
import type { Sink } from './sink.js'

/** Names of the semantic conventions; all others are ours. */
const ATTRIBUTES: Record<string, string> = { userId: 'user.id', sessionHandle: 'session.id', address: 'client.address' }

/**
 * Emits events as log records of OpenTelemetry: `eventName`, severity and attributes. Without an SDK the API drops
 * them. The SDK batches in memory, so a killed process loses what it has not exported.
 *
 * @throws AUTH_PACKAGE_MISSING
 */
export async function createOtelSink (): Promise<Sink> {
  const { logs, SeverityNumber } = await import('@opentelemetry/api-logs').catch(orInstall('@opentelemetry/api-logs', 'audit.otel'))
  return {
    name: 'otel',
    isDurable: false,
    write (event) {
      const { type, time, traceId: _traceId, ...fields } = event
      const warns = typeOf(type).warns === true
      const attributes: LogAttributes = Object.fromEntries(Object.entries(fields).map(([name, value]) => [ATTRIBUTES[name] ?? `fastify_2fa.${name}`, value]))
      // Asked each time: the SDK may be started after this.
      logs.getLogger('fastify-2fa').emit({
        eventName: `fastify_2fa.${type}`,
        timestamp: new Date(time),
        severityNumber: warns ? SeverityNumber.WARN : SeverityNumber.INFO,
        severityText: warns ? 'WARN' : 'INFO',
        body: type,
        attributes
      })
    },
    async close () {}
  }
}
