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
const BUCKET = WAYS * FIELDS
/** Buckets whose memory is allocated together, once one of them is used: few, since a counter may be in any page. */
const BUCKETS_IN_PAGE = 16

/** The sixteen places of a counter. Each has an id, an expiry, and a count whose sign says whether it was put. */
type Bucket = Float64Array

const countAt = (bucket: Bucket, place: number): number => Math.abs(bucket[place + 2]!)
const expiryAt = (bucket: Bucket, place: number): number => bucket[place + 1]!

function entryAt (bucket: Bucket, place: number): Entry {
  return { count: countAt(bucket, place), expiresAt: expiryAt(bucket, place), isAdded: bucket[place + 2]! > 0 }
}

function find (bucket: Bucket, id: number): number | undefined {
  for (let place = 0; place < BUCKET; place += FIELDS) {
    if (bucket[place] === id && expiryAt(bucket, place) > Date.now()) return place
  }
  return undefined
}

function isLess (bucket: Bucket, place: number, other: number): boolean {
  return countAt(bucket, place) === countAt(bucket, other)
    ? expiryAt(bucket, place) < expiryAt(bucket, other)
    : countAt(bucket, place) < countAt(bucket, other)
}

/**
 * A hash table of limited size outside the heap: 24 bytes a counter, no timers, nothing for the garbage collector to do.
 * Its memory is allocated as it is used. Expired counters are overwritten.
 *
 * Each counter may be in one of sixteen places. If all are taken, the lowest count is dropped, since it protects least;
 * of equal ones the one that would be forgotten first.
 *
 * @param size a power of two, at least 16
 * @param onDrop gets each dropped counter
 */
export function createTable (size: number, onDrop: (id: number, entry: Entry) => void) {
  const buckets = size / WAYS
  const pages: Float64Array[] = []

  function bucketOf (id: number): Bucket {
    const index = id % buckets
    const page = (pages[Math.floor(index / BUCKETS_IN_PAGE)] ??= new Float64Array(Math.min(buckets, BUCKETS_IN_PAGE) * BUCKET))
    const first = (index % BUCKETS_IN_PAGE) * BUCKET
    return page.subarray(first, first + BUCKET)
  }

  function makeRoom (bucket: Bucket): number {
    let least = 0
    for (let place = 0; place < BUCKET; place += FIELDS) {
      if (expiryAt(bucket, place) <= Date.now()) return place
      if (isLess(bucket, place, least)) least = place
    }
    onDrop(bucket[least]!, entryAt(bucket, least))
    return least
  }

  return {
    /** @param id from 0 to 2^48 - 1, evenly distributed */
    get (id: number): Entry | undefined {
      const bucket = bucketOf(id)
      const place = find(bucket, id)
      return place === undefined ? undefined : entryAt(bucket, place)
    },

    set (id: number, { count, expiresAt, isAdded }: Entry): void {
      const bucket = bucketOf(id)
      const place = find(bucket, id) ?? makeRoom(bucket)
      bucket[place] = id
      bucket[place + 1] = expiresAt
      bucket[place + 2] = isAdded ? count : -count
    },

    delete (id: number): void {
      const bucket = bucketOf(id)
      const place = find(bucket, id)
      if (place !== undefined) bucket[place + 1] = 0
    }
  }
}
