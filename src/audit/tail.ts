import { readSync } from 'node:fs'
import { LINE_BREAK, type Line, readLine } from './chain.js'

/** More than the longest line: operators' reasons are the only long text. */
const MOST = 1024 * 1024

export interface Tail {
  /** The last line that is whole; undefined if there is none. */
  last: Line | undefined
  /** What comes after it, as far as it is no line: what a killed process, or one on a full disk, was writing. */
  torn: Buffer
  /** Whether something after it is JSON, and so was not left by a write that broke off. */
  isForeign: boolean
  /** Whether the file ends with a line break. */
  isEnded: boolean
}

/** Reads the end of a file of `size` bytes. */
export function readTail (fd: number, size: number): Tail {
  const content = Buffer.alloc(Math.min(size, MOST))
  let read = 0
  while (read < content.length) {
    const bytes = readSync(fd, content, read, content.length - read, size - content.length + read)
    if (bytes === 0) break
    read += bytes
  }
  const isEnded = content.at(-1) === LINE_BREAK
  const end = isEnded ? content.length - 1 : content.length
  let isForeign = false
  for (let to = end; to > 0;) {
    const from = content.lastIndexOf(LINE_BREAK, to - 1) + 1
    const text = content.subarray(from, to).toString()
    const found = readLine(text)
    if ('line' in found) return { last: found.line, torn: content.subarray(Math.min(to + 1, end), end), isForeign, isEnded }
    isForeign ||= found.fault !== 'not-json'
    to = from - 1
  }
  return { last: undefined, torn: content.subarray(0, end), isForeign, isEnded }
}

/** The chain that the first line of a file names. */
export function readChain (fd: number): string | undefined {
  const start = Buffer.alloc(4096)
  const [first = ''] = start.subarray(0, readSync(fd, start, 0, start.length, 0)).toString().split('\n')
  const found = readLine(first)
  return 'line' in found ? found.line.note?.chain : undefined
}
