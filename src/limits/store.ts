import { hash, randomBytes } from 'node:crypto'
import { createSketch } from './sketch.js'
import { createTable, type Entry } from './table.js'

/** A counter's value, and the milliseconds until it expires. */
export interface Count {
  count: number
  waitMs: number
}

/**
 * Counters that expire. The limits know no more than this about where they are kept. Every failing call rejects with
 * `AUTH_LIMITS_UNAVAILABLE`.
 */
export interface LimitStore {
  /**
   * Adds one, atomically across replicas. A new counter expires after `seconds`. With `longest`, each addition lets it
   * live `seconds` longer, up to `longest` in all: a counter that was added to once takes memory for a short time only.
   *
   * @param amount added in place of one; `longest` is `seconds` then
   */
  add (key: string, seconds: number, longest?: number, amount?: number): Promise<Count>
  /** Subtracts one, or the amount, if the counter still exists. At zero it is gone. */
  takeBack (key: string, amount?: number): Promise<void>
  /**
   * Takes a place that one at a time can have, atomically across replicas. It is free again after `seconds`. A store that
   * is full may forget that it is taken.
   *
   * @returns 0 if it was free, or the milliseconds until it is
   */
  take (key: string, seconds: number): Promise<number>
  /** Sets a mark or a wait. A store that is full may forget it, so its absence must not admit anyone. */
  put (key: string, count: number, seconds: number): Promise<void>
  /** What is surely there. Use it for marks, and never to admit somebody because a count is low. */
  get (key: string): Promise<Count | undefined>
  /** What was added, or more if the store is full, but never less. */
  count (key: string): Promise<number>
  delete (key: string): Promise<void>
}

/**
 * Counters that live no longer need not outlive a flood of others: tries that are not decided yet, the pause between
 * two messages.
 */
const SHORT_SECONDS = 60

const NONE = { count: 0, expiresAt: 0 }

const SKETCH_WIDTH = 2 ** 17

/**
 * Parts of the memory, by the purpose of a counter. Counters of one part cannot push out those of another: however many
 * passwords strangers try, the counters of people with a session stay, and so do those of messages.
 */
const PARTS = [
  // Marks of people who have signed in. Being dropped, they only make their owners wait like others.
  { purposes: /^(?:known|passed)\b/, size: 2 ** 18 },
  // Counted only for somebody who has a session, or a key of the admin API.
  { purposes: /^(?:failures|user|phone|email|owner|watch|operator)\b/, size: 2 ** 19 },
  // Anyone makes these, by the name of an account that need not exist.
  { purposes: /^sign-in\b/, size: 2 ** 19 },
  // Messages that anyone can ask for, and whatever is not named above.
  { purposes: /^/, size: 2 ** 18 }
]

function createPart ({ purposes, size }: { purposes: RegExp, size: number }) {
  const sketch = createSketch(SKETCH_WIDTH)

  /** A count moves to the sketch, so that it never starts again. A wait or a mark is forgotten. */
  function drop (id: number, { count, expiresAt, isAdded }: Entry): void {
    if (isAdded && expiresAt - Date.now() > SHORT_SECONDS * 1000) sketch.raise(id, count, expiresAt)
  }

  return { purposes, sketch, table: createTable(size, drop) }
}

/**
 * Creates counters in this process, in a fixed amount of memory: about 50 MB when all of it is in use.
 */
export function createMemoryStore (): LimitStore {
  const parts = PARTS.map(createPart)
  // Nobody outside can tell which counters share a place.
  const seed = randomBytes(32).toString('base64')

  function locate (key: string) {
    const { table, sketch } = parts.find(({ purposes }) => purposes.test(key))!
    return { table, sketch, id: hash('sha256', seed + key, 'buffer').readUIntBE(0, 6) }
  }

  return {
    async add (key, seconds, longest = seconds, amount = 1) {
      const { table, sketch, id } = locate(key)
      const [now, step, most] = [Date.now(), seconds * 1000, longest * 1000]
      const found = table.get(id)
      if (found === undefined) {
        const dropped = longest > SHORT_SECONDS ? sketch.read(id) : NONE
        const entry = { count: dropped.count + amount, expiresAt: Math.max(dropped.expiresAt, now + step), isAdded: true }
        table.set(id, entry)
        return { count: entry.count, waitMs: entry.expiresAt - now }
      }
      const count = found.count + amount
      const more = Math.max(0, Math.min(step, most - found.count * step))
      const expiresAt = Math.max(found.expiresAt, Math.min(found.expiresAt + more, now + most))
      table.set(id, { ...found, count, expiresAt })
      return { count, waitMs: expiresAt - now }
    },

    async takeBack (key, amount = 1) {
      const { table, id } = locate(key)
      const found = table.get(id)
      if (found === undefined) return
      if (found.count <= amount) table.delete(id)
      else table.set(id, { ...found, count: found.count - amount })
    },

    async take (key, seconds) {
      const { table, id } = locate(key)
      const [found, now] = [table.get(id), Date.now()]
      if (found !== undefined) return found.expiresAt - now
      table.set(id, { count: 1, expiresAt: now + seconds * 1000, isAdded: false })
      return 0
    },

    async put (key, count, seconds) {
      const { table, id } = locate(key)
      table.set(id, { count, expiresAt: Date.now() + seconds * 1000, isAdded: false })
    },

    async get (key) {
      const { table, id } = locate(key)
      const found = table.get(id)
      return found === undefined ? undefined : { count: found.count, waitMs: found.expiresAt - Date.now() }
    },

    async count (key) {
      const { table, sketch, id } = locate(key)
      return (table.get(id) ?? sketch.read(id)).count
    },

    async delete (key) {
      const { table, id } = locate(key)
      table.delete(id)
    }
  }
}
