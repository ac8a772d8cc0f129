/** What is kept of a counter. */
export interface Entry {
  count: number
  /** As `Date.now()`. */
  expiresAt: number
  /** Whether the count was added up, not put. */
  isAdded: boolean
}

/** Places where one counter may be. When they are taken, one of those counters is dropped. */
const WAYS = 16
const FIELDS = 3

/**
 * A hash table of fixed size outside the heap: 24 bytes a counter, no timers, nothing for the garbage collector to do.
 * The system provides its memory only as it is used. Expired counters are overwritten.
 *
 * Each counter may be in one of sixteen places. If all are taken, the lowest count is dropped, since it protects least;
 * of equal ones the one that would be forgotten first.
 *
 * @param size a power of two
 * @param onDrop gets each dropped counter
 */
export function createTable (size: number, onDrop: (id: number, entry: Entry) => void) {
  const fields = new Float64Array(size * FIELDS)
  const idAt = (place: number): number => fields[place]!
  const expiryAt = (place: number): number => fields[place + 1]!
  // The sign says whether it was put.
  const countAt = (place: number): number => Math.abs(fields[place + 2]!)
  const entryAt = (place: number): Entry => ({ count: countAt(place), expiresAt: expiryAt(place), isAdded: fields[place + 2]! > 0 })

  const firstOf = (id: number): number => (id % (size / WAYS)) * WAYS * FIELDS
  const END = WAYS * FIELDS

  function find (id: number): number | undefined {
    const first = firstOf(id)
    for (let place = first; place < first + END; place += FIELDS) {
      if (idAt(place) === id && expiryAt(place) > Date.now()) return place
    }
    return undefined
  }

  function isLess (place: number, other: number): boolean {
    return countAt(place) === countAt(other) ? expiryAt(place) < expiryAt(other) : countAt(place) < countAt(other)
  }

  function makeRoom (id: number): number {
    const first = firstOf(id)
    let least = first
    for (let place = first; place < first + END; place += FIELDS) {
      if (expiryAt(place) <= Date.now()) return place
      if (isLess(place, least)) least = place
    }
    onDrop(idAt(least), entryAt(least))
    return least
  }

  return {
    /** @param id from 0 to 2^48 - 1, evenly distributed */
    get (id: number): Entry | undefined {
      const place = find(id)
      return place === undefined ? undefined : entryAt(place)
    },

    set (id: number, { count, expiresAt, isAdded }: Entry): void {
      const place = find(id) ?? makeRoom(id)
      fields[place] = id
      fields[place + 1] = expiresAt
      fields[place + 2] = isAdded ? count : -count
    },

    delete (id: number): void {
      const place = find(id)
      if (place !== undefined) fields[place + 1] = 0
    }
  }
}
