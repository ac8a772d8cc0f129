import { createReadStream } from 'node:fs'
import { LINE_BREAK } from './chain.js'

/** No line of ours is as long: what is, is none, and need not be kept in memory. */
const LONGEST = 4 * 1024 * 1024

/**
 * The lines of a file as bytes, without their line breaks, and whether each has one. Not by `node:readline`, which also
 * ends a line at U+2028, and an operator's reason may hold one.
 */
export async function * linesOf (file: string): AsyncGenerator<{ bytes: Buffer, isEnded: boolean }> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(LINE_BREAK); at !== -1; at = chunk.indexOf(LINE_BREAK, from)) {
      yield { bytes: Buffer.concat([rest, chunk.subarray(from, at)]), isEnded: true }
      rest = Buffer.alloc(0)
      from = at + 1
    }
    if (rest.length < LONGEST) rest = Buffer.concat([rest, chunk.subarray(from)])
  }
  if (rest.length > 0) yield { bytes: rest, isEnded: false }
}
