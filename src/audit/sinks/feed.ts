import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import type { FastifyBaseLogger } from 'fastify'
import type { AuditEvent } from '../event.js'
import { RANKS, typeOf } from '../event-types.js'
import { droppedEvent, summarise } from '../webhook/outbox.js'
import { NoRoom, type Sink, type SinkFigures } from './sink.js'

/** Events that a sink has not taken yet. */
const MOST = 1000
const RETRY_MS = 1000

/** How a sink is doing. */
export interface AuditSinkState extends SinkFigures {
  name: string
  /** Events that it has taken since the start. */
  written: number
  /** Attempts that failed since the start. */
  failed: number
}

interface Waiting {
  event: AuditEvent
  /** Whoever waits to know whether the sink has taken it. */
  tell?: (isTaken: boolean) => void
}

const rankOf = ({ event: { type } }: Waiting): number => RANKS.indexOf(typeOf(type).rank)

/**
 * Hands events to one sink. What a durable sink cannot take waits in memory, in its order, and is tried again every
 * second and with each event; where that is full, attempts of strangers go first, and an event says how many were
 * dropped.
 */
export function createFeed (sink: Sink, log: Pick<FastifyBaseLogger, 'error' | 'info'>) {
  const queue: Waiting[] = []
  let lost: AuditEvent[] = []
  let written = 0
  let failed = 0
  let dropped = 0
  let isFailing = false
  let timer: NodeJS.Timeout | undefined
  let pending: Promise<void> | undefined

  function taken (): void {
    queue.shift()?.tell?.(true)
    written++
    if (isFailing) log.info({ sink: sink.name }, 'the audit sink works again')
    isFailing = false
  }

  /** Only counted from now on, by type. */
  function drop (at: number): void {
    const [waiting] = queue.splice(at, 1)
    waiting!.tell?.(false)
    // What says how many were dropped counts for these already.
    if (waiting!.event.type !== 'audit.dropped') dropped++
    lost = summarise([...lost, waiting!.event]).map(droppedEvent)
  }

  /** Drops the oldest of the lowest rank, but not what is on its way. */
  function makeRoom (): void {
    const from = pending === undefined ? 0 : 1
    const lowest = Math.min(...queue.slice(from).map(rankOf))
    drop(queue.findIndex((waiting, index) => index >= from && rankOf(waiting) === lowest))
  }

  /** What to do about an event that was not taken. @returns whether others may be tried */
  function refused (err: unknown): boolean {
    failed++
    if (!isFailing) log.error({ sink: sink.name, err }, 'the audit sink does not take events')
    isFailing = true
    if (err instanceof NoRoom || !sink.isDurable) {
      drop(0)
      return true
    }
    for (const waiting of queue) waiting.tell?.(false)
    timer ??= setTimeout(() => {
      timer = undefined
      drain()
    }, RETRY_MS).unref()
    return false
  }

  async function wait (result: Promise<void>): Promise<void> {
    let mayGoOn = true
    try {
      await result
      taken()
    } catch (err) {
      mayGoOn = refused(err)
    }
    pending = undefined
    if (mayGoOn) drain()
  }

  /** Hands over what waits, one after the other. */
  function drain (): void {
    while (pending === undefined && queue.length > 0) {
      try {
        const result = sink.write(queue[0]!.event)
        if (result === undefined) taken()
        else pending = wait(result)
      } catch (err) {
        if (!refused(err)) return
      }
    }
    if (!isFailing) tellOfLost()
  }

  function tellOfLost (): void {
    if (queue.length > 0 || lost.length === 0) return
    queue.push(...lost.map((event) => ({ event })))
    lost = []
    drain()
  }

  /** Resolves when nothing is on its way any more. */
  async function idle (): Promise<void> {
    await pending
    if (pending !== undefined) await idle()
  }

  return {
    isDurable: sink.isDurable,
    /** Whether it did not take the last event. */
    get isFailing (): boolean { return isFailing },
    /** Tries again what waits, or to say what was dropped: if nothing waits, that shows whether there is room again. */
    retry (): void {
      drain()
      tellOfLost()
    },
    /** @returns whether the sink has taken it */
    add (event: AuditEvent): boolean | Promise<boolean> {
      const waiting: Waiting = { event }
      queue.push(waiting)
      if (queue.length > MOST) makeRoom()
      const before = dropped
      drain()
      if (!queue.includes(waiting)) return dropped === before
      if (pending === undefined) return false
      return new Promise((resolve) => { waiting.tell = resolve })
    },
    state (): AuditSinkState {
      const figures = sink.figures?.() ?? { waiting: 0, dropped: 0, refused: 0, oldest: undefined, isFailing: false }
      const oldest = queue[0] === undefined ? figures.oldest : Math.min(Date.parse(queue[0].event.time), figures.oldest ?? Infinity)
      return { ...figures, name: sink.name, written, failed: failed + (figures.failed ?? 0), waiting: figures.waiting + queue.length, oldest, dropped: figures.dropped + dropped, isFailing: isFailing || figures.isFailing }
    },
    /** Delivers what it can until then. */
    async close (milliseconds: number): Promise<void> {
      const deadline = performance.now() + milliseconds
      clearTimeout(timer)
      drain()
      let limit: NodeJS.Timeout | undefined
      await Promise.race([idle(), new Promise<void>((resolve) => { limit = setTimeout(resolve, milliseconds) })])
      clearTimeout(limit)
      if (queue.length > 0) log.error({ sink: sink.name, events: queue.length }, 'audit events are lost: the sink did not take them')
      await sink.close(Math.max(0, deadline - performance.now()))
    }
  }
}

export type Feed = ReturnType<typeof createFeed>
