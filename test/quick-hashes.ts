import crypto, { type BinaryLike, type ScryptOptions } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Preloaded into test processes: slow hashes cost little, as in `startTestCore`, since tests need not protect anything.
 * Ten recovery codes come with every enrolment, and hashing them for thousands of users took an eighth of the time of all
 * tests. recovery-code-cost.test.ts pins their real cost. Whatever else is asked of `scrypt` is hashed as always.
 */
const { scrypt, scryptSync } = crypto

type Hashed = (err: Error | null, hash: Buffer) => void

function isRecoveryCode ({ N, r, p, ...others }: ScryptOptions): boolean {
  return N === 2 ** 13 && r === 8 && p === 1 && Object.keys(others).length === 0
}

/** A Core's keys for its file take 0.1 s. Many files of the tests have the same passphrase, and so the same keys. */
const derived = new Map<string, Buffer>()

Object.assign(crypto, {
  scrypt (password: BinaryLike, salt: BinaryLike, length: number, options: ScryptOptions, done: Hashed) {
    scrypt(password, salt, length, isRecoveryCode(options) ? { ...options, N: 2 } : options, done)
  },
  scryptSync (password: BinaryLike, salt: BinaryLike, length: number, options: ScryptOptions) {
    const key = JSON.stringify([password, salt, length, options])
    const hash = derived.get(key) ?? scryptSync(password, salt, length, options)
    derived.set(key, hash)
    return Buffer.from(hash)
  }
})
syncBuiltinESMExports()
