import { flag } from './kinds.js'
import type { Setting } from './setting.js'

/** Settings of traces, which an SDK of OpenTelemetry turns on. */
export const tracingSettings = {
  TRUST_TRACEPARENT: {
    group: 'Traces',
    kind: flag(),
    default: 'false',
    description: 'Whether the trace that a proxy of `TRUST_PROXY` names (`traceparent`) is continued. That proxy must write the header itself, or remove the one of clients: a stranger could have every request recorded.'
  },
  TRACE_USER_IDS: { group: 'Traces', kind: flag(), default: 'false', description: 'Whether traces name users by their ids (`enduser.id`).' },
  TRACE_SENDERS: { group: 'Traces', kind: flag(), default: 'false', description: 'Whether providers of text messages and mails learn the trace (`traceparent`) that a message is part of.' }
} satisfies Record<string, Setting>
