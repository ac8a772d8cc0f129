/** Reads a stream of bytes in pieces of its own sizes. */
export interface ByteReader {
  /** A line without its end, or undefined if there is none of at most that many bytes. */
  line (max: number): Promise<string | undefined>
  /** Fewer bytes only at the end. */
  upTo (count: number): Promise<Buffer>
  /** As they come. Fewer bytes only at the end. */
  pieces (count: number): AsyncGenerator<Buffer>
  isAtEnd (): Promise<boolean>
  /** To be called at the end, whatever it is: the source may hold files open, or others up. */
  close (): Promise<void>
}

const NEWLINE = 10

export function createByteReader (source: AsyncIterable<Buffer>): ByteReader {
  const incoming = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)

  async function hasMore (): Promise<boolean> {
    if (held.length > 0) return true
    const { done, value } = await incoming.next()
    if (done === true) return false
    held = value
    return await hasMore()
  }

  function cut (count: number): Buffer {
    const piece = held.subarray(0, count)
    held = held.subarray(piece.length)
    return piece
  }

  async function * pieces (count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0 && await hasMore();) {
      const piece = cut(left)
      left -= piece.length
      yield piece
    }
  }

  return {
    pieces,
    isAtEnd: async () => !await hasMore(),
    close: async () => { await incoming.return?.() },
    async upTo (count) {
      const found: Buffer[] = []
      for await (const piece of pieces(count)) found.push(piece)
      return Buffer.concat(found)
    },
    async line (max) {
      const found: Buffer[] = []
      for (let length = 0; length <= max && await hasMore();) {
        const end = held.indexOf(NEWLINE)
        const piece = cut(end < 0 ? held.length : end + 1)
        found.push(piece)
        length += piece.length
        if (end >= 0) return length <= max ? Buffer.concat(found).toString('utf8', 0, length - 1) : undefined
      }
      return undefined
    }
  }
}
