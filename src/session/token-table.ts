import type { VerifiedToken } from './verified-token.js'

/**
 * Finds the place of a token by the end of its signature, which is as good as random. A `Map` would hash the text and keep
 * a copy of it: at ten thousand tokens, each look into memory that is in no cache costs as much as the rest of the guard.
 * Nobody can choose places: only tokens that the Core has signed are stored.
 */
function placeOf (token: string): number {
  // The very last character carries only two of the signature's bits.
  let at = token.length - 1
  let hash = 0
  for (const end = at - 6; at-- > end;) hash = Math.imul(hash, 31) + token.charCodeAt(at)
  return hash ^ (hash >>> 15)
}

/** A set of verified tokens for at most `limit` of them, with open addressing. It is never more than half full. */
export function createTokenTable (limit: number) {
  const mask = 2 ** Math.ceil(Math.log2(2 * limit)) - 1
  let slots: (VerifiedToken | undefined)[] = []
  let size = 0

  return {
    /** Returns the entry of exactly this token. */
    find (token: string): VerifiedToken | undefined {
      if (size === 0) return undefined
      let at = placeOf(token) & mask
      let entry = slots[at]
      while (entry !== undefined && entry.token !== token) {
        at = (at + 1) & mask
        entry = slots[at]
      }
      return entry
    },

    /** Adds an entry, in place of an older one of the same token. */
    add (entry: VerifiedToken): void {
      if (slots.length === 0) slots = new Array<VerifiedToken | undefined>(mask + 1).fill(undefined)
      let at = placeOf(entry.token) & mask
      while (slots[at] !== undefined && slots[at]!.token !== entry.token) at = (at + 1) & mask
      if (slots[at] === undefined) size++
      slots[at] = entry
    },

    get size (): number {
      return size
    }
  }
}

export type TokenTable = ReturnType<typeof createTokenTable>
