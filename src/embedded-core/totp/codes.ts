import { createHmac, randomBytes } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 160 random bits in base32. */
export function newSecret (): string {
  const bits = [...randomBytes(20)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) as string[]).map((five) => ALPHABET[parseInt(five, 2)]).join('')
}

function decodeBase32 (text: string): Buffer {
  const bits = [...text.toUpperCase()].map((char) => ALPHABET.indexOf(char)).filter((index) => index >= 0).map((index) => index.toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
}

/** RFC 6238 with SHA-1 and six digits, which authenticator apps assume. `period` in seconds, `time` in milliseconds. */
export function codeAt (secret: string, period: number, time: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigInt64BE(BigInt(Math.floor(time / 1000 / period)))
  const mac = createHmac('sha1', decodeBase32(secret)).update(counter).digest()
  const offset = (mac[19] as number) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
