import type { AuditSinkState } from '../audit/sinks/feed.js'
import type { Instruments } from './instruments.js'

/** Reads how the sinks of audit events are doing. They are named in the configuration, and few. */
export function sampleAuditSinks ({ sample }: Instruments, states: () => AuditSinkState[]): void {
  const counters = [['audit_sink_written_total', 'written'], ['audit_sink_failures_total', 'failed'], ['audit_sink_dropped_total', 'dropped']] as const
  const gauges = [['audit_sink_waiting', 'waiting'], ['audit_sink_refused', 'refused']] as const
  for (const [name, figure] of [...counters, ...gauges]) {
    sample(name, (set) => { for (const state of states()) set({ sink: state.name }, state[figure]) })
  }
  sample('audit_sink_lag_seconds', (set) => {
    for (const { name, oldest } of states()) set({ sink: name }, oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1000))
  })
  sample('audit_sink_failing', (set) => { for (const { name, isFailing } of states()) set({ sink: name }, isFailing ? 1 : 0) })
}
