import type { AuditEvent } from '../event.js'
import type { AuditWebhookOptions } from '../options.js'

/** What a sink knows of itself, for metrics. */
export interface SinkFigures {
  /** Events that wait to be delivered. */
  waiting: number
  /** Milliseconds since 1970: the time of the oldest of them. */
  oldest?: number | undefined
  /** Events that it gave up, such as those for which there was no room. */
  dropped: number
  /** Events that a receiver refuses; they are kept, and tried again after a restart. */
  refused: number
  /** Attempts to deliver that failed, beside those to write to it. @default 0 */
  failed?: number
  /** Whether it delivers nothing any more until a restart, or not at the moment. */
  isFailing: boolean
  /** Whether the Redis of its outbox can be reached; undefined without one. */
  isConnected?: boolean
}

/** Where audit events go to. */
export interface Sink {
  name: string
  /**
   * Takes an event. Once it returns, or its promise resolves, a killed process does not lose it, if the sink
   * `isDurable`. Throws if it cannot.
   */
  write (event: AuditEvent): void | Promise<void>
  /** Whether it keeps what it has taken. Others lose at most what was on the way. */
  isDurable: boolean
  figures? (): SinkFigures
  /** Prepares other secrets of the webhook. @returns puts them in place @throws AUTH_OPTIONS_INVALID if they cannot be used */
  prepare? (webhook: AuditWebhookOptions): Promise<() => void>
  /** Delivers what it can until then. */
  close (milliseconds: number): Promise<void>
}

/** There is no room for this event, and there will be none for it later on. */
export class NoRoom extends Error {}
