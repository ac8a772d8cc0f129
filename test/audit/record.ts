import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Test } from 'tap'
import { AUDIT_CHANNEL, type AuditEvent } from '../../src/index.js'

/** The audit events from now on, until the test is over. */
export function recordAudit (t: Pick<Test, 'teardown'>): AuditEvent[] {
  const events: AuditEvent[] = []
  const listen = (event: unknown): void => { events.push(event as AuditEvent) }
  subscribe(AUDIT_CHANNEL, listen)
  t.teardown(() => { unsubscribe(AUDIT_CHANNEL, listen) })
  return events
}

/** The events that `act` brings about. */
export async function eventsOf (act: () => Promise<unknown>): Promise<AuditEvent[]> {
  let stop = (): void => {}
  const events = recordAudit({ teardown: (end) => { stop = end as () => void } })
  await act()
  stop()
  return events
}
