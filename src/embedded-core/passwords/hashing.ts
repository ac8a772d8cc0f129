import type { Settings } from '../config.js'
import type { HashQueue } from '../hash-queue.js'
import { guessMs, hashPassword, verifyPassword } from './hashes.js'

/** Who waits for a hash. `owner` as for the queue. */
interface Waiting { hashing: HashQueue, settings: Settings, owner?: string | undefined, refusable?: boolean }

/** Hashes a password when its turn comes. Never call it inside a transaction. @throws CORE_OVERLOADED */
export function hashInTurn (password: string, { hashing, settings, ...job }: Waiting): Promise<string> {
  return hashing.run({ guessMs: guessMs(settings), ...job }, () => hashPassword(password, settings))
}

/** Verifies a password when its turn comes. Returns false for a broken hash. @throws CORE_OVERLOADED */
export function verifyInTurn (password: string, stored: string, { hashing, settings, ...job }: Waiting): Promise<boolean> {
  return hashing.run({ guessMs: guessMs(settings), ...job }, () => verifyPassword(password, stored, settings))
}
