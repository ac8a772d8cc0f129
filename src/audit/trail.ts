import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { AuditUnavailable } from '../errors.js'
import type { AuditEvent } from './event.js'
import { type AuditSinkState, createFeed } from './sinks/feed.js'
import type { Sink } from './sinks/sink.js'

/** A person is waiting for the answer. */
const PATIENCE_MS = 2000

export interface AuditTrail {
  /** Hands an event to every sink. @param request which brought it about, and whose answer waits for it */
  record (event: AuditEvent, request?: FastifyRequest): void
  /** Waits until the events of a request are kept. @returns false if they have to be, and are not */
  settle (request: FastifyRequest): Promise<boolean>
  /** @throws AUTH_AUDIT_UNAVAILABLE if events have to be kept, and cannot be at the moment */
  require (): void
  states (): AuditSinkState[]
  close (milliseconds: number): Promise<void>
}

export function createTrail (sinks: readonly Sink[], { required, log }: { required: boolean, log: Pick<FastifyBaseLogger, 'error' | 'info'> }): AuditTrail {
  const feeds = sinks.map((sink) => createFeed(sink, log))
  const durable = feeds.filter(({ isDurable }) => isDurable)
  /** Whether the events of a request are kept; only of those that were not kept at once. */
  const open = new WeakMap<FastifyRequest, Array<false | Promise<boolean>>>()

  return {
    record (event, request) {
      for (const feed of feeds) {
        const isKept = feed.add(event)
        // Nobody waits for a sink that is away, unless it matters.
        if (isKept === true || !feed.isDurable || request === undefined || (!required && feed.isFailing)) continue
        open.set(request, [...open.get(request) ?? [], isKept])
      }
    },

    async settle (request) {
      const events = open.get(request)
      if (events === undefined) return true
      const areKept = (await Promise.race([Promise.all(events), sleep(PATIENCE_MS, undefined, { ref: false })]))?.every(Boolean)
      return !required || areKept === true
    },

    require () {
      if (!required) return
      for (const feed of durable) {
        if (feed.isFailing) feed.retry()
        if (feed.isFailing) throw new AuditUnavailable()
      }
    },

    states: () => feeds.map((feed) => feed.state()),

    async close (milliseconds) {
      await Promise.all(feeds.map((feed) => feed.close(milliseconds)))
    }
  }
}
