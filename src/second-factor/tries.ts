import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { refuse } from '../limits/answers.js'
import type { Keys } from '../limits/keys.js'
import type { ResolvedLimits } from '../limits/resolve.js'
import type { LimitStore } from '../limits/store.js'
import { createTries } from '../limits/tries.js'
import { readFailures, writeFailures } from './lock.js'

const LOCKED = 'The second factor of this account is locked after too many wrong codes. Please contact support.'

interface SecondFactorTriesOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['failures'], false>
}

/** Who answers, for which challenge of which factor. */
export interface Guess {
  userId: string
  challengeId: string
  /** Id of the factor, for the audit event. */
  factor: string
}

/** No challenge can be answered for longer (NIST SP 800-63B 3.1.3.2). */
const CHALLENGE_SECONDS = 600

/**
 * Failures of a user, counted over all factors, challenges and sessions: neither a new code nor another factor gives a
 * guesser another lot (NIST SP 800-63B 3.2.2).
 *
 * The key is the user of a first-factor session. A stranger cannot reach the counter and lock somebody out; whoever has
 * the password can, and that is whom the lock is for.
 */
export function createSecondFactorTries ({ store, keys, rules: { triesPerWait, waits, lockAfter } }: SecondFactorTriesOptions) {
  const tries = createTries(store, { free: triesPerWait, step: triesPerWait, waits })

  async function lock ({ userId, factor }: Guess, count: number, userContext: UserContext): Promise<void> {
    await writeFailures(userId, { count, lockedAt: new Date().toISOString() }, userContext)
    audit(userContext, { type: 'second-factor.locked', factor, userId, reason: `${count} wrong codes` })
  }

  return {
    /** @throws AUTH_LIMIT_REACHED when the user's second factor is locked */
    async requireUnlocked (userId: string, userContext: UserContext): Promise<void> {
      if ((await readFailures(userId, userContext)).lockedAt !== undefined) throw refuse(LOCKED)
    },

    /**
     * Checks an answer, unless the user has to wait: then not even the right one is checked. Each try is counted before it
     * is made, so that parallel guesses cannot overtake the count, and given back when it could not be made.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Result extends { outcome: string }> (guess: Guess, userContext: UserContext, check: () => Promise<Result>): Promise<Result> {
      const { userId, challengeId } = guess
      const known = await readFailures(userId, userContext)
      if (known.lockedAt !== undefined) throw refuse(LOCKED)
      const attempt = await tries.reserve(keys('failures', userId, String(known.unlocked ?? '')), known.count)
      if (typeof attempt === 'number') throw refuse('Too many wrong codes.', attempt)
      // Reached only when the process ended between the last failure and its lock.
      if (attempt.ordinal > lockAfter) {
        await lock(guess, attempt.ordinal, userContext)
        throw refuse(LOCKED)
      }

      let result
      try {
        result = await check()
      } catch (err) {
        await attempt.giveBack()
        throw err
      }
      const passedKey = keys('passed', userId, challengeId)
      if (result.outcome === 'right') {
        await store.put(passedKey, 1, CHALLENGE_SECONDS)
        await attempt.succeed()
        // Keep the time of unlocking: counters from before it may still exist.
        if (known.count !== undefined) await writeFailures(userId, known.unlocked === undefined ? null : { unlocked: known.unlocked }, userContext)
        return result
      }
      // A second click with the right code finds the challenge spent. Nothing was compared, so it is no failure.
      if (result.outcome === 'restart' && await store.get(passedKey) !== undefined) {
        await attempt.giveBack()
        return result
      }
      // Wrong, expired, or the fifth try for an SMS code, which the Core answers with RESTART_FLOW_ERROR.
      const wait = await attempt.fail()
      if (attempt.ordinal >= lockAfter) await lock(guess, attempt.ordinal, userContext)
      else if (wait > 0) await writeFailures(userId, { ...known, count: attempt.ordinal }, userContext)
      return result
    }
  }
}

export type SecondFactorTries = ReturnType<typeof createSecondFactorTries>
