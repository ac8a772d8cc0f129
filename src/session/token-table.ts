const FEWEST_SLOTS = 16

/** What is stored: anything that belongs to a token. */
export interface OfToken {
  readonly token: string
}

type Slots<Entry> = (Entry | undefined)[]

/**
 * Hashes a token by the end of its signature, which is as good as random. A `Map` would hash the text and keep a copy of
 * it: at ten thousand tokens, each look into memory that is in no cache costs as much as the rest of the guard. Nobody can
 * choose hashes: only tokens that the Core has signed are stored.
 */
function hashOf (token: string): number {
  // The very last character carries only two of the signature's bits.
  let at = token.length - 1
  let hash = 0
  for (const end = at - 6; at-- > end;) hash = Math.imul(hash, 31) + token.charCodeAt(at)
  return hash ^ (hash >>> 15)
}

/** The slot of exactly this token, or the free one where it belongs. Slots are a power of two. */
function slotOf (slots: Slots<OfToken>, token: string): number {
  const mask = slots.length - 1
  let at = hashOf(token) & mask
  for (let entry = slots[at]; entry !== undefined && entry.token !== token; entry = slots[at]) at = (at + 1) & mask
  return at
}

const empty = <Entry>(length: number): Slots<Entry> => new Array<Entry | undefined>(length).fill(undefined)

/** A set of verified tokens, with open addressing. It is never more than half full. */
export function createTokenTable<Entry extends OfToken> () {
  let slots: Slots<Entry> = []
  let size = 0

  function grow (): void {
    const smaller = slots
    slots = empty(Math.max(FEWEST_SLOTS, 2 * smaller.length))
    for (const entry of smaller) if (entry !== undefined) slots[slotOf(slots, entry.token)] = entry
  }

  return {
    find: (token: string): Entry | undefined => size === 0 ? undefined : slots[slotOf(slots, token)],

    /** Adds an entry, in place of an older one of the same token. */
    add (entry: Entry): void {
      if (2 * size >= slots.length) grow()
      const at = slotOf(slots, entry.token)
      if (slots[at] === undefined) size++
      slots[at] = entry
    },

    clear (): void {
      slots = []
      size = 0
    },

    get size (): number {
      return size
    }
  }
}
