import type { AuditSink } from '../options.js'
import type { Sink } from './sink.js'

/** A sink of the host's own. */
export function createHostSink (sink: AuditSink): Sink {
  return {
    name: sink.name,
    isDurable: false,
    write: (event) => sink.write(event),
    async close () { await sink.close?.() }
  }
}
