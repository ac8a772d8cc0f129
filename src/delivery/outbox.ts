import type { OutboxEntry } from './sender.js'
import { OptionsInvalid } from '../errors.js'

export interface OutboxOptions {
  /** Maximum number of messages kept; the oldest are dropped first. @default 200 */
  limit?: number
  /** The clock, in milliseconds since 1970. @default Date.now */
  now?: () => number
}

/** The messages that the `log` providers "sent", for tests and for `GET /dev/outbox`. */
export interface Outbox {
  add (entry: Omit<OutboxEntry, 'time'>): void
  /** A copy, newest last. */
  entries (): OutboxEntry[]
  /** The newest message, or the newest to one receiver. */
  last (to?: string): OutboxEntry | undefined
  clear (): void
}

/** Creates an outbox. It is bounded, because a development server may run for weeks and every entry holds a code. */
export function createOutbox (options: OutboxOptions = {}): Outbox {
  const { limit = 200, now = () => Date.now() } = options
  if (!Number.isInteger(limit) || limit < 1) throw new OptionsInvalid('the outbox limit must be a whole number above 0')
  let kept: OutboxEntry[] = []

  return {
    add (entry) {
      kept.push({ ...entry, time: new Date(now()).toISOString() })
      if (kept.length > limit) kept.shift()
    },
    entries: () => kept.map((entry) => ({ ...entry })),
    last (to) {
      const entry = kept.findLast((candidate) => to === undefined || candidate.to === to)
      return entry && { ...entry }
    },
    clear () {
      kept = []
    }
  }
}
