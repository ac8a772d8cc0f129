import type * as PromClient from 'prom-client'
import type { Metric, Registry } from 'prom-client'
import { PREFIX } from './catalogue.js'

/** Gauges whose names end as counters do, and which Node reads through internals that it may remove. */
const LEFT_OUT = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total']

let registry: Registry | undefined

/**
 * Metrics of Node and the process: CPU time, memory, event loop, garbage collection. Once per process, for all its apps:
 * `prom-client` never stops to watch the event loop.
 */
export function processMetrics ({ Registry, collectDefaultMetrics }: Pick<typeof PromClient, 'Registry' | 'collectDefaultMetrics'>): Metric[] {
  if (registry === undefined) {
    registry = new Registry()
    collectDefaultMetrics({ register: registry, prefix: PREFIX })
    for (const name of LEFT_OUT) registry.removeSingleMetric(PREFIX + name)
  }
  return registry.getMetricsAsArray() as unknown as Metric[]
}
