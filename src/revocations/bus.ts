import { randomUUID } from 'node:crypto'
import { OptionsInvalid } from '../errors.js'
import { announceRevocation, applyRevocation, onRevocation } from '../session/ended.js'
import { formatEvent, isId } from './event.js'
import { createJournal, type Entry, type Journal } from './journal.js'
import type { RevocationStream, StreamHandlers } from './redis-stream.js'

/** Of more, readers hear twice. */
const MOST_UNDER_WAY = 10_000

/** Whoever reads the events of this replica. */
export interface Reader {
  /** There is something new: an event in the journal, or another state. */
  news (): void
}

/** Sessions that end, as this replica knows them. */
export interface Revocations {
  /** The latest events. Another one takes its place where the stream between replicas has lost some. */
  readonly journal: Journal
  /** Whether events of all replicas arrive. Without Redis, of this one. */
  readonly isWhole: boolean
  /** Whether the Redis of the stream can be reached; undefined without one. */
  readonly isConnected: boolean | undefined
  /** Hears of news. @returns ends that */
  read (reader: Reader): () => void
  /**
   * Says that all sessions of a user have ended, for an app that has ended them past this process, such as in the Core
   * itself. Tokens that were issued until now are refused, here and by all who listen.
   *
   * @param what `tenantId` for those of one tenant only
   * @throws AUTH_OPTIONS_INVALID if there is no user's id: receivers of security events would end what nobody has named
   */
  announce (what: { userId: string, tenantId?: string }): void
  close (): Promise<void>
}

export interface RevocationsOptions {
  /** Joins the other replicas; undefined where there is no way to them. */
  join?: ((handlers: StreamHandlers) => Promise<RevocationStream>) | undefined
  /** Entries of the journal. */
  most?: number | undefined
}

/**
 * Collects what ends here and, by the stream, in other replicas. Guards refuse it from then on, and readers are told.
 *
 * Ids are those of the stream, so that a reader goes on at any replica where it has stopped at another. What ends here is
 * told here at once, whatever becomes of the stream; its id follows when it comes back from there.
 */
export async function createRevocations ({ join, most }: RevocationsOptions): Promise<Revocations> {
  // Names this process, so that no id of an earlier one is taken for one of its own.
  const name = randomUUID().slice(0, 8)
  let count = 0
  const nextId = (): string => `${name}.${++count}`
  const journalOf = (since: number, start: string): Journal => createJournal({ start, since, ...(most !== undefined && { most }) })
  let journal = journalOf(Date.now(), `${name}.0`)
  let isWhole = join === undefined
  const readers = new Set<Reader>()
  /** Own events that have not come back from the stream yet. */
  const underWay = new Set<string>()

  function tell (): void {
    for (const reader of readers) reader.news()
  }

  function add (entry: Entry): void {
    journal.add(entry)
    tell()
  }

  const stream = await join?.({
    onEvent (id, event) {
      applyRevocation(event)
      add(underWay.delete(formatEvent(event)) ? { id } : { id, event })
    },
    onBegin ({ since, start }) {
      underWay.clear()
      journal = journalOf(since, start)
      tell()
    },
    onState (now) {
      isWhole = now
      tell()
    }
  })

  const stop = onRevocation((event) => {
    add({ event, id: stream === undefined ? nextId() : undefined })
    if (stream === undefined) return
    underWay.add(formatEvent(event))
    if (underWay.size > MOST_UNDER_WAY) underWay.delete(underWay.keys().next().value!)
    stream.add(event)
  })

  return {
    get journal () { return journal },
    get isWhole () { return isWhole },
    get isConnected () { return stream?.clients.every(({ status }) => status === 'ready') },
    read (reader) {
      readers.add(reader)
      return () => { readers.delete(reader) }
    },
    announce ({ userId, tenantId }) {
      if (!isId(userId) || !(tenantId === undefined || isId(tenantId))) throw new OptionsInvalid('announce takes the id of a user, and that of a tenant or none')
      announceRevocation({ userId, ...(tenantId !== undefined && { tenantId }), reason: 'ended' })
    },
    async close () {
      stop()
      readers.clear()
      await stream?.close()
    }
  }
}
