import { createTokenTable, type OfToken } from './token-table.js'

/** A token that was verified. Times are by the wall clock, in milliseconds. */
export interface CacheEntry extends OfToken {
  /** Expiry of the token. */
  readonly expiresAt: number
  /** Expiry of the entry. Set by the cache. */
  deadline: number
}

export interface TokenCacheOptions {
  /** Entries per generation; there are two generations. @default 10_000, about 40 MB for both */
  limit?: number
  /** Maximum life of an entry in milliseconds. @default 60_000 */
  life?: number
  /** The wall clock, which decides when tokens expire. @default Date.now */
  now?: () => number
  /** Runs a function once, after a number of milliseconds of the monotonic clock, and keeps no process running. */
  after: (milliseconds: number, run: () => void) => void
}

/**
 * Caches tokens that have been verified, for at most a minute each. Entries live in two generations instead of an LRU
 * order: a hit writes nothing, and a full or old generation is dropped as a whole.
 *
 * Two clocks limit the life of an entry. Each has a deadline by the wall clock. Since that clock may be set back, a
 * timer on the monotonic clock also turns the generations over every half life.
 */
export function createTokenCache<Entry extends CacheEntry> ({ limit = 10_000, life = 60_000, now = () => Date.now(), after }: TokenCacheOptions) {
  let young = createTokenTable<Entry>()
  let old = createTokenTable<Entry>()
  let ticking = false

  function turn (): void {
    const freed = old
    freed.clear()
    old = young
    young = freed
  }

  function tick (): void {
    turn()
    ticking = old.size > 0
    if (ticking) after(life / 2, tick)
  }

  return {
    /** Returns the entry of exactly this token, unless it or the token has expired at `time`. */
    find (token: string, time: number): Entry | undefined {
      const entry = young.find(token) ?? old.find(token)
      return entry !== undefined && time < entry.deadline ? entry : undefined
    },

    add (entry: Entry): void {
      entry.deadline = Math.min(entry.expiresAt, now() + life)
      if (young.size >= limit) turn()
      young.add(entry)
      if (!ticking) {
        ticking = true
        after(life / 2, tick)
      }
    },

    clear (): void {
      young.clear()
      old.clear()
    },

    get size (): number {
      return young.size + old.size
    }
  }
}
