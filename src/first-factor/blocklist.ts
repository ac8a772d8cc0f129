import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import { foldPassword } from './normal-password.js'

const decompress = promisify(brotliDecompress)

let list: Promise<Buffer> | undefined

/** Unpacked by the first password that somebody chooses, off the event loop: a megabyte, and no part of the start. */
async function load (): Promise<Buffer> {
  const { COMMON_PASSWORDS } = await import('./common-passwords.js')
  return await decompress(Buffer.from(COMMON_PASSWORDS, 'base64'))
}

/**
 * Whether a password is one of the commonest, in capital letters or not. Guessers try these first (NIST SP 800-63B 3.1.1.2,
 * ASVS 6.2.4). The whole password is compared, so that a long one may hold a common word.
 */
export async function isCommonPassword (password: string): Promise<boolean> {
  list ??= load()
  // Read from end to end, which takes a third of a millisecond. A set of them would take ten times the memory.
  return (await list).includes(`\n${foldPassword(password)}\n`)
}
