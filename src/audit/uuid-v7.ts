import { randomBytes } from 'node:crypto'

let lastTime = 0
let counter = 0

/**
 * A UUID of version 7 (RFC 9562): ids sort by time, and those of one process by their order. The twelve bits after the
 * time count within a millisecond (section 6.2, method 1); when they are full, the time goes on by one.
 */
export function uuidV7 (now: number): string {
  if (now > lastTime) {
    lastTime = now
    // Leaves half of the room to count on.
    counter = randomBytes(2).readUInt16BE() & 0x7ff
  } else if (++counter > 0xfff) {
    lastTime++
    counter = 0
  }
  const bytes = randomBytes(16)
  bytes.writeUIntBE(lastTime, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
