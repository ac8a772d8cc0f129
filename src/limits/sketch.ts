const ROWS = 4
const MOST = 2 ** 32 - 1
const NONE = { count: 0, expiresAt: 0 }

/**
 * Remembers counts in a fixed amount of memory, without the names of their counters: a count-min sketch that keeps the
 * highest count of a cell instead of the sum, so that many low counts do not add up. What it says of a counter may be
 * too high or last too long, but never too low or too short. Its memory is allocated with the first count.
 *
 * @param width cells in a row, a power of two
 */
export function createSketch (width: number) {
  // Count, and the second in which it expires.
  let cells: Uint32Array | undefined
  const now = (): number => Math.floor(Date.now() / 1000)

  /** The cell in a row. Two halves of the id make the four places (Kirsch and Mitzenmacher). */
  function cellOf (id: number, row: number): number {
    return 2 * (row * width + (id % 2 ** 24 + row * (Math.floor(id / 2 ** 24) | 1)) % width)
  }

  return {
    raise (id: number, count: number, expiresAt: number): void {
      cells ??= new Uint32Array(ROWS * width * 2)
      for (let row = 0; row < ROWS; row++) {
        const cell = cellOf(id, row)
        const isOver = cells[cell + 1]! < now()
        cells[cell] = Math.min(MOST, isOver ? count : Math.max(cells[cell]!, count))
        cells[cell + 1] = Math.max(cells[cell + 1]!, Math.ceil(expiresAt / 1000))
      }
    },

    /** The count of a counter that was dropped, 0 if it was not. */
    read (id: number): { count: number, expiresAt: number } {
      if (cells === undefined) return NONE
      let [count, expiry] = [MOST, MOST]
      for (let row = 0; row < ROWS; row++) {
        const cell = cellOf(id, row)
        count = Math.min(count, cells[cell]!)
        expiry = Math.min(expiry, cells[cell + 1]!)
      }
      return expiry < now() ? NONE : { count, expiresAt: 1000 * expiry }
    }
  }
}
