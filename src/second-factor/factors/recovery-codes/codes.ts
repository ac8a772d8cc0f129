import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Base32 in the alphabet of Crockford, without letters that look like digits or make words. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LOOK_ALIKE: Record<string, string> = { o: '0', i: '1', l: '1' }

/** Ten codes, as people know it from elsewhere. */
export const COUNT = 10
/** Five random bits each: 75 in all, where NIST SP 800-63B 4.2.1.1 asks for 64. */
const LENGTH = 15

const hashBySalt = promisify<string, Buffer, number, { N: number, r: number, p: number }, Buffer>(scrypt)

/**
 * A password hash with a salt, as NIST SP 800-63B 3.1.2.2 asks of codes with less than 112 bits. A stolen copy of the
 * Core's data does not give codes away: each guess takes 8 MB and about 15 ms of a CPU core, and there are 2^75 codes.
 * Whoever makes a million guesses a second finds one of an account's ten in a hundred million years on average. So no
 * key of the service is needed, and codes still help when that is lost.
 */
export async function hashOf (code: string, salt: Buffer): Promise<Buffer> {
  return await hashBySalt(code, salt, 32, { N: 2 ** 13, r: 8, p: 1 })
}

function newCode (): string {
  // 32 divides 256: each letter is as likely.
  return Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** As people read and copy it. */
const grouped = (code: string): string => code.match(/.{5}/g)!.join('-')

export function newCodes (): string[] {
  const codes = new Set<string>()
  while (codes.size < COUNT) codes.add(grouped(newCode()))
  return [...codes]
}

/** Reads a code as people type it: in capitals, in groups, with `O` for `0`. Undefined if it cannot be a code. */
export function readCode (typed: string): string | undefined {
  const plain = typed.normalize('NFKC').toLowerCase().replace(/[\p{Cf}\p{M}\s\p{P}]/gu, '').replace(/[oil]/g, (letter) => LOOK_ALIKE[letter]!)
  return plain.length === LENGTH && [...plain].every((letter) => ALPHABET.includes(letter)) ? plain : undefined
}

/** Which of the hashes is the code's; undefined if none is. Compares with all of them, each in constant time. */
export function indexOf (hash: Buffer, hashes: readonly string[]): number | undefined {
  const found = hashes.map((one) => Buffer.from(one, 'base64url')).map((one) => one.length === hash.length && timingSafeEqual(one, hash))
  return found.includes(true) ? found.indexOf(true) : undefined
}
