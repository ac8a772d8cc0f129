import type { RedisClient } from '../../limits/redis-credentials.js'
import type { AuditEvent } from '../event.js'
import type { AuditEventType } from '../event-types.js'
import { uuidV7 } from '../uuid-v7.js'

/** An event that waits for delivery. */
export interface Entry {
  /** Where it is in the outbox. */
  key: string
  event: AuditEvent
}

/** What was dropped of one type. */
export interface DroppedEvents {
  type: string
  count: number
  since: string
  until: string
}

/** Keeps events until they are delivered, in the order in which they came. */
export interface Outbox {
  /**
   * Once it returns, or its promise resolves, the event is kept. Throws `NoRoom` where there is none even by dropping
   * others.
   */
  add (event: AuditEvent): void | Promise<void>
  /** The oldest ones that are not set aside. Empty while another replica delivers. */
  oldest (most: number): Promise<Entry[]>
  remove (entry: Entry): Promise<void>
  /** Keeps an event that the receiver refuses, and goes on with others. Tried again after a restart. */
  setAside (entry: Entry): Promise<void>
  figures (): { waiting: number, refused: number, dropped: number, oldest: number | undefined, isConnected?: boolean }
  /** Calls when there may be something to deliver. */
  onAdded (listener: () => void): void
  /** Milliseconds after which to look again, though nothing was added here: other replicas add too. */
  poll: number | undefined
  /** Connections to Redis; none where it is a file. */
  readonly clients?: readonly RedisClient[]
  close (): Promise<void>
}

/** How many are dropped at a time, so that a flood does not pay for each of them. */
export const DROPPED_AT_ONCE = 500

/** The event that stands for dropped ones. */
export function droppedEvent ({ type, count, since, until }: DroppedEvents): AuditEvent {
  const now = Date.now()
  return { id: uuidV7(now), type: 'audit.dropped' satisfies AuditEventType, time: new Date(now).toISOString(), dropped: type, count, since, until }
}

/** Counts by type; what stands for dropped ones already counts for all of these. */
export function summarise (events: readonly AuditEvent[]): DroppedEvents[] {
  const byType = new Map<string, DroppedEvents>()
  for (const { type, time, dropped = type, count = 1, since = time, until = time } of events) {
    const before = byType.get(dropped) ?? { type: dropped, count: 0, since, until }
    byType.set(dropped, { type: dropped, count: before.count + count, since: since < before.since ? since : before.since, until: until > before.until ? until : before.until })
  }
  return [...byType.values()]
}
