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

const LINE_BREAK = 10

/** Whether a line is in a sorted list of lines, between line breaks each. Halves the list until it is found. */
function holds (lines: Buffer, wanted: string): boolean {
  let [from, to] = [0, lines.length - 1]
  while (from < to) {
    const start = lines.lastIndexOf(LINE_BREAK, (from + to) >> 1)
    const end = lines.indexOf(LINE_BREAK, start + 1)
    const line = lines.toString('utf8', start + 1, end)
    if (line === wanted) return true
    if (line < wanted) from = end
    else to = start
  }
  return false
}

/**
 * Whether a password is one of the commonest, in capital letters or not. Guessers try these first (NIST SP 800-63B 3.1.1.2,
 * ASVS 6.2.4). The whole password is compared, so that a long one may hold a common word.
 */
export async function isCommonPassword (password: string): Promise<boolean> {
  list ??= load()
  // A set of them would take ten times the memory.
  return holds(await list, foldPassword(password))
}
