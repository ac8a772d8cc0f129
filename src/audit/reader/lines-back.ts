import type { FileHandle } from 'node:fs/promises'
import { LINE_BREAK } from '../chain.js'

/** Bytes read at a time: other requests go on in between. */
export const CHUNK = 64 * 1024
/** No line of ours is as long: what is, is none. It comes in pieces, and is never in memory as a whole. */
const LONGEST = 256 * 1024

export interface LineBack {
  /** Where it begins. */
  at: number
  /** Where the next one begins. */
  end: number
  /** Without the line break. Empty for a piece of what is too long. */
  bytes: Buffer
  /** Whether it has a line break. */
  isEnded: boolean
}

/** Bytes of a file. What somebody has cut off meanwhile is zeros, which are in no line of ours. */
export async function readAt (file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let read = 0; read < length;) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return bytes
}

/**
 * The lines of a file that are before a place, the last one first, with one bounded read after the other.
 *
 * @param before the beginning of a line, or the size of the file
 */
export async function * linesBack (file: FileHandle, before: number): AsyncGenerator<LineBack> {
  let [from, end] = [before, before]
  /** What is from `from` to `end`. */
  let content: Buffer = Buffer.alloc(0)
  while (from > 0) {
    const length = Math.min(CHUNK, from)
    from -= length
    content = Buffer.concat([await readAt(file, from, length), content])
    while (content.length > 0) {
      const isEnded = content.at(-1) === LINE_BREAK
      const body = content.subarray(0, isEnded ? -1 : undefined)
      const start = body.lastIndexOf(LINE_BREAK) + 1
      const isTooLong = start === 0 && content.length > LONGEST
      if (start === 0 && from > 0 && !isTooLong) break
      const at = from + start
      yield { at, end, bytes: isTooLong ? Buffer.alloc(0) : body.subarray(start), isEnded }
      content = content.subarray(0, start)
      end = at
    }
  }
}
