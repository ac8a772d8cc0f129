import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { refuse } from '../limits/answers.js'
import type { Keys } from '../limits/keys.js'
import { readFailures, writeFailures } from './lock.js'
import type { ResolvedLimits } from '../limits/resolve.js'
import type { LimitStore } from '../limits/store.js'
import { createTries } from '../limits/tries.js'

const LOCKED = 'The second factor of this account is locked after too many wrong codes. Please contact support.'

interface FailuresOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['failures'], false>
}

/** Whose code is tried, and for which challenge. */
export interface Guess {
  userId: string
  challengeId: string
}

/** No code is usable for longer (NIST 800-63B 3.1.3.2). */
const CHALLENGE_SECONDS = 600

/**
 * Wrong codes of a user. The key is the user of a first-factor session, so a stranger cannot reach the counter and lock a person out;
 * whoever has the password can, and that is what the lock is for (NIST 800-63B 3.2.2).
 */
export function createFailures ({ store, keys, rules: { triesPerWait, waits, lockAfter } }: FailuresOptions) {
  const tries = createTries(store, { free: triesPerWait, step: triesPerWait, waits })

  async function lock (userId: string, count: number, userContext: UserContext): Promise<void> {
    await writeFailures(userId, { count, lockedAt: new Date().toISOString() }, userContext)
    audit(userContext, { type: 'second-factor.locked', factor: 'sms', userId, reason: `${count} wrong codes` })
  }

  return {
    /** @throws AUTH_LIMIT_REACHED when the user's second factor is locked */
    async requireUnlocked (userId: string, userContext: UserContext): Promise<void> {
      if ((await readFailures(userId, userContext)).lockedAt !== undefined) throw refuse(LOCKED)
    },

    /**
     * Tries a code, unless there is a wait: then not even the right one is tried. The try is counted first and given back when the Core
     * could not be asked.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Result extends { status: string }> ({ userId, challengeId }: Guess, userContext: UserContext, ask: () => Promise<Result>): Promise<Result> {
      const known = await readFailures(userId, userContext)
      if (known.lockedAt !== undefined) throw refuse(LOCKED)
      const attempt = await tries.reserve(keys('failures', userId, String(known.unlocked ?? '')), known.count)
      if (typeof attempt === 'number') throw refuse('Too many wrong codes.', attempt)
      // Only when the process ended between the last failure and its lock.
      if (attempt.ordinal > lockAfter) {
        await lock(userId, attempt.ordinal, userContext)
        throw refuse(LOCKED)
      }

      let result
      try {
        result = await ask()
      } catch (err) {
        await attempt.giveBack()
        throw err
      }
      const passedKey = keys('passed', userId, challengeId)
      if (result.status === 'OK') {
        await store.put(passedKey, 1, CHALLENGE_SECONDS)
        await attempt.succeed()
        // When it was unlocked stays: counters from before it may still be there.
        if (known.count !== undefined) await writeFailures(userId, known.unlocked === undefined ? null : { unlocked: known.unlocked }, userContext)
        return result
      }
      // The same right code again, by an impatient finger: there is no challenge any more, and nothing was compared.
      if (await store.get(passedKey) !== undefined) {
        await attempt.giveBack()
        return result
      }
      // Wrong, expired, or the fifth for this device, which the Core answers by RESTART_FLOW_ERROR.
      const wait = await attempt.fail()
      if (attempt.ordinal >= lockAfter) await lock(userId, attempt.ordinal, userContext)
      else if (wait > 0) await writeFailures(userId, { ...known, count: attempt.ordinal }, userContext)
      return result
    }
  }
}

export type Failures = ReturnType<typeof createFailures>
