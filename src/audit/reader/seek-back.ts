import { LINE_BREAK } from '../chain.js'
import type { AuditFile } from './files.js'
import { timeOf } from './event-in.js'
import { CHUNK, readAt } from './lines-back.js'

/** The first line after a place, as far as one of ours begins in what is read at a time. */
async function lineAfter ({ file, size }: AuditFile, place: number): Promise<{ at: number, time: number } | undefined> {
  const content = await readAt(file, place, Math.min(CHUNK, size - place))
  for (let start = content.indexOf(LINE_BREAK) + 1; start > 0;) {
    const end = content.indexOf(LINE_BREAK, start)
    if (end === -1) return undefined
    const time = timeOf(content.subarray(start, end))
    if (time !== undefined) return { at: place + start, time }
    start = end + 1
  }
  return undefined
}

/** A line from which on all are later than a time, found by halves: what is far back takes no reading of all that came after. */
export async function seekBack (audit: AuditFile, time: number): Promise<number> {
  let [low, high] = [0, audit.size]
  while (high - low > 2 * CHUNK) {
    const found = await lineAfter(audit, low + Math.floor((high - low) / 2))
    if (found === undefined || found.at >= high) break
    if (found.time > time) high = found.at
    else low = found.at
  }
  return high
}
