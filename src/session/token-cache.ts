import type { VerifiedToken } from './verified-token.js'

export interface TokenCacheOptions {
  /** Entries per generation; there are two. @default 10_000, about 40 MB for both */
  limit?: number
  /** The longest life of an entry in milliseconds. @default 60_000 */
  life?: number
  /** The wall clock, by which tokens expire. @default Date.now */
  now?: () => number
  /** Runs a function once, after milliseconds of the monotonic clock. @default an unref'd setTimeout */
  after?: (milliseconds: number, run: () => void) => void
}

/**
 * Every RS256-2048 signature ends in 43 characters that differ; looking up by the whole token would make V8 hash a kilobyte per request
 * (1.4 µs). The tail only finds the entry, the whole token decides.
 */
const KEY_LENGTH = 43

function afterUnref (milliseconds: number, run: () => void): void {
  setTimeout(run, milliseconds).unref()
}

/**
 * Tokens that the SDK has verified, for at most a minute each. Two generations instead of an order of use: a hit writes nothing, and what
 * is full or old is dropped whole.
 *
 * The life has two clocks. An entry carries a deadline by the wall clock; and since that may be set back, half a life of the
 * monotonic clock makes the young generation the old one, and the old one garbage.
 */
export function createTokenCache ({ limit = 10_000, life = 60_000, now = () => Date.now(), after = afterUnref }: TokenCacheOptions = {}) {
  let young = new Map<string, VerifiedToken>()
  let old = new Map<string, VerifiedToken>()
  let ticking = false

  function turn (): void {
    old = young
    young = new Map()
  }

  function tick (): void {
    turn()
    ticking = old.size > 0
    if (ticking) after(life / 2, tick)
  }

  return {
    /** The entry of exactly this token, unless it or the token has expired at `time`. */
    find (token: string, time: number): VerifiedToken | undefined {
      const key = token.slice(-KEY_LENGTH)
      const entry = young.get(key) ?? old.get(key)
      return entry !== undefined && entry.token === token && time < entry.deadline ? entry : undefined
    },

    add (entry: VerifiedToken): void {
      entry.deadline = Math.min(entry.expiresAt, now() + life)
      if (young.size >= limit) turn()
      young.set(entry.token.slice(-KEY_LENGTH), entry)
      if (!ticking) {
        ticking = true
        after(life / 2, tick)
      }
    },

    clear (): void {
      young = new Map()
      old = new Map()
    },

    get size (): number {
      return young.size + old.size
    }
  }
}

export type TokenCache = ReturnType<typeof createTokenCache>
