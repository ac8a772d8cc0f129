import type { SessionRevoked } from './event.js'

export interface Entry {
  /** Absent where the event has no place among those of all replicas yet. */
  id?: string | undefined
  /** Absent where the id alone is new. */
  event?: SessionRevoked | undefined
}

export interface JournalOptions {
  /** The position before the first entry. */
  start: string
  /** From when on it has every event: milliseconds since 1970. */
  since: number
  /** Entries; beyond it the oldest are dropped. */
  most?: number
}

/** About 20 MB. */
const MOST = 50_000
/** How many entries that are gone are kept in memory before the list is copied. */
const SLACK = 1024

/**
 * The latest events in their order, for whoever was away for a moment. Positions are counted from the first event that there
 * ever was, so that a reader who is too slow finds that its place is gone, and not something else in it.
 */
export function createJournal ({ start, since, most = MOST }: JournalOptions) {
  let entries: Entry[] = []
  /** Position of `entries[0]`. */
  let offset = 0
  /** The position of the first entry that is still there. */
  let first = 0
  let whole = since
  /** The position after each event that can be named. `start` and then the newest that was dropped come first. */
  const after = new Map<string, number>([[start, 0]])
  let root = start
  let last = start

  function drop (): void {
    const { id, event } = entries[first - offset]!
    first++
    // Of this and all before it nobody knows any more.
    if (event !== undefined) whole = Math.max(whole, event.at)
    if (id !== undefined) {
      after.delete(root)
      root = id
    }
    if (first - offset < SLACK) return
    entries = entries.slice(first - offset)
    offset = first
  }

  return {
    add ({ id, event }: Entry): void {
      entries.push({ id, event })
      if (id !== undefined) {
        last = id
        after.set(id, offset + entries.length)
      }
      if (offset + entries.length - first > most) drop()
    },

    /** The position after the event with this id; undefined if it is not known here, so that others may be missing too. */
    positionAfter (id: string): number | undefined {
      const position = after.get(id)
      return position !== undefined && position >= first ? position : undefined
    },

    /** The entry at a position; undefined at the end, and null where it is gone. */
    at (position: number): Entry | undefined | null {
      return position < first ? null : entries[position - offset]
    },

    /** The position of the first entry. */
    get first (): number { return first },

    /** The id after which the next event comes. */
    get last (): string { return last },

    /** From when on it has every event: milliseconds since 1970. */
    get since (): number { return whole }
  }
}

export type Journal = ReturnType<typeof createJournal>
