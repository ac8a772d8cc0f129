import type { Writable } from 'node:stream'
import { formatEvent } from './event.js'
import type { Entry, Journal } from './journal.js'
import type { Revocations } from './bus.js'

/** Proxies and firewalls close what is silent for a minute; readers give up after three. */
export const HEARTBEAT_MS = 15_000

/** An event in the form of Server-Sent Events. Ids and JSON hold no line break. An id alone moves the reader's place on. */
const frameOf = ({ id, event }: Entry): string =>
  `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event.type}\ndata: ${formatEvent(event)}\n`}\n`

/** What a reader knows from here on. */
const stateFrame = ({ last, since }: Journal, isWhole: boolean, isResumed: boolean): string =>
  `id: ${last}\nevent: ${isWhole ? 'sync' : 'partial'}\ndata: ${JSON.stringify({ since, resumed: isResumed })}\n\n`

type Sink = Pick<Writable, 'write' | 'destroy' | 'once' | 'on'>

export interface EventStream {
  heartbeat (): void
  close (): void
}

/**
 * Writes events to one reader: first those after `lastEventId`, or all that are known, then a state, then what is new.
 *
 * Nothing is kept for a reader but its place in the journal. One that does not read, whether it is stuck or wants to fill
 * the memory, stands still there; it is dropped when two heartbeats have found it so, or when its place is gone. It comes
 * back with the id of the last event that it has.
 *
 * @param sink the body of an answer
 */
export function writeEvents (sink: Sink, revocations: Revocations, lastEventId: string | undefined): EventStream {
  let { journal } = revocations
  const resumedAt = lastEventId === undefined ? undefined : journal.positionAfter(lastEventId)
  let isResumed = resumedAt !== undefined
  let position = resumedAt ?? journal.first
  let isWritable = true
  let stalled = 0
  let told: boolean | undefined
  let isOver = false

  function close (): void {
    if (isOver) return
    isOver = true
    unsubscribe()
    sink.destroy()
  }

  function write (frame: string): void {
    isWritable = sink.write(frame)
  }

  function tellState (): void {
    if (revocations.isWhole === told) return
    told = revocations.isWhole
    write(stateFrame(journal, told, isResumed))
    // Whatever comes later continues what is known.
    isResumed = true
  }

  function pump (): void {
    if (journal !== revocations.journal) {
      // Events are missing in between: the reader begins anew, and is told so.
      journal = revocations.journal
      position = journal.first
      isResumed = false
      told = undefined
    }
    while (isWritable && !isOver) {
      const entry = journal.at(position)
      if (entry === null) { close(); return }
      if (entry === undefined) { tellState(); return }
      position++
      write(frameOf(entry))
    }
  }

  sink.on('drain', () => {
    isWritable = true
    stalled = 0
    pump()
  })
  sink.once('close', close)
  sink.on('error', close)
  const unsubscribe = revocations.read({ news: pump })
  pump()

  return {
    heartbeat () {
      if (isWritable) write(':\n\n')
      else if (++stalled > 1) close()
    },
    close
  }
}
