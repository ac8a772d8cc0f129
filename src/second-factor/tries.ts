import type { UserContext } from 'supertokens-node/types'
import { refuse } from '../limits/answers.js'
import type { Keys } from '../limits/keys.js'
import { homeOf, networksOfRequest, type Networks } from '../limits/network.js'
import type { ResolvedLimits } from '../limits/resolve.js'
import type { LimitStore } from '../limits/store.js'
import { createTries, type Try } from '../limits/tries.js'
import { isKnown, isNews, waitFor, withFailures, withNetwork } from './guess-record.js'
import { coreRecords, type FailureRecords, type FailureState } from './lock.js'

const LOCKED = 'The second factor of this account is locked after too many wrong codes. Please contact support.'
const SLOWED = 'Too many wrong codes in the last weeks. Please use a network from which you have signed in lately.'

/** Who answers, for which challenge of which factor. */
export interface Guess {
  userId: string
  challengeId: string
  /** Id of the factor, for the audit event. */
  factor: string
  /** Of the factor. Who passes a weaker one is no less a guesser of this one. */
  strength: number
}

type Guesser = Omit<Guess, 'challengeId'>

export interface FailureEvents {
  locked (guesser: Guesser, failures: number, userContext: UserContext): void
  /** The count that success does not clear is full. At most once in thirty days. */
  slowed (guesser: Guesser, userContext: UserContext): void
  /** Passed from a network for the first time, or the first time in a week. */
  passedFromNetwork (userId: string, userContext: UserContext): void
}

/** The tries since the last wait, the present one included, and how many there are until the next one. */
export interface Round {
  failed: number
  most: number
}

interface SecondFactorTriesOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['failures'], false>
  events: FailureEvents
  /** @default the Core */
  records?: FailureRecords
  /** @default those of the request */
  networksOf?: (userContext: UserContext) => Networks
}

/** No challenge can be answered for longer (NIST SP 800-63B 3.1.3.2). */
const CHALLENGE_SECONDS = 600

/** Typing errors that everybody may make. */
const FEW = 3

/**
 * How many wrong answers a user has, where one of several would pass. Each counts as so many, or an authenticator app would
 * be guessed more easily than an SMS.
 */
function shareOf (most: number, { passing = 1 }: FailureState): number {
  return Math.max(Math.min(most, FEW), Math.floor(most / passing))
}

/**
 * Failures of a user, counted over all factors, challenges and sessions: neither a new code nor another factor gives a
 * guesser another lot (NIST SP 800-63B 3.2.2). A second count is not cleared by the owner's success (`guess-record.ts`).
 *
 * The key is the user of a first-factor session. A stranger cannot reach the counter and lock somebody out; whoever has
 * the password can, and that is whom the lock is for.
 */
export function createSecondFactorTries ({ store, keys, rules, events, records = coreRecords, networksOf = networksOfRequest }: SecondFactorTriesOptions) {
  const { triesPerWait, waits, lockAfter, perThirtyDays } = rules
  const tries = createTries(store, { free: triesPerWait, step: triesPerWait, waits })

  /** The network of the client, as the record knows it; undefined for calls of the host's own. */
  function networkOf (userId: string, userContext: UserContext): string | undefined {
    const name = homeOf(networksOf(userContext))
    return name === 'host' ? undefined : keys('network', userId, name)
  }

  async function requireOpen ({ userId, strength }: Pick<Guess, 'userId' | 'strength'>, userContext: UserContext): Promise<FailureState> {
    const state = await records.read(userId, userContext)
    if (state.failures.lockedAt !== undefined) throw refuse(LOCKED)
    const wait = waitFor(state.guesses, shareOf(perThirtyDays, state))
    if (wait === 0) return state
    const network = networkOf(userId, userContext)
    if (network === undefined || !isKnown(state.guesses, network, strength)) throw refuse(SLOWED, wait)
    return state
  }

  /** Counts a try before it is made, so that parallel ones cannot overtake the count. */
  async function reserve (guesser: Guesser, known: FailureState, refusal: string, userContext: UserContext): Promise<Try> {
    const { failures } = known
    const attempt = await tries.reserve(keys('failures', guesser.userId, String(failures.unlocked ?? '')), failures.count)
    if (typeof attempt === 'number') throw refuse(refusal, attempt)
    if (attempt.ordinal <= shareOf(lockAfter, known)) return attempt
    // Reached only when the process ended between the last failure and its lock.
    await save(guesser, { ...known, failures: { count: attempt.ordinal } }, true, userContext)
    throw refuse(LOCKED)
  }

  async function save (guesser: Guesser, state: FailureState, lock: boolean, userContext: UserContext): Promise<void> {
    const { failures, guesses } = state
    const tell = isNews(guesses, shareOf(perThirtyDays, state))
    await records.write(guesser.userId, {
      failures: lock ? { count: failures.count ?? 0, lockedAt: new Date().toISOString() } : failures,
      guesses: tell ? { ...guesses, toldAt: Date.now() } : guesses
    }, userContext)
    if (lock) events.locked(guesser, failures.count ?? 0, userContext)
    // Of failures that fill the count at the same moment, one tells the owner.
    if (tell && (await store.add(keys('failures-told', guesser.userId), CHALLENGE_SECONDS)).count === 1) events.slowed(guesser, userContext)
  }

  /** Counts a failure. The Core learns of it when a wait begins, or the count is full, or the factor is locked. */
  async function failed (guesser: Guesser, known: FailureState, attempt: Try, userContext: UserContext): Promise<void> {
    const { ordinal } = attempt
    const wait = await attempt.fail()
    const most = shareOf(perThirtyDays, known)
    const guesses = withFailures(known.guesses, ordinal - (known.failures.count ?? 0), most)
    const lock = ordinal >= shareOf(lockAfter, known)
    if (!lock && wait === 0 && waitFor(guesses, most) === 0) return
    await save(guesser, { ...known, failures: { ...known.failures, count: ordinal }, guesses }, lock, userContext)
  }

  async function succeeded ({ userId, strength }: Guesser, known: FailureState, attempt: Try, userContext: UserContext): Promise<void> {
    const { failures: { count, unlocked }, guesses } = known
    // What the success clears of the first count stays in the second.
    const counted = withFailures(guesses, await attempt.others() - (count ?? 0), shareOf(perThirtyDays, known))
    await attempt.succeed()
    const network = networkOf(userId, userContext)
    const updated = network === undefined ? counted : withNetwork(counted, network, strength)
    if (updated !== counted) events.passedFromNetwork(userId, userContext)
    if (count === undefined && updated === guesses) return
    await records.write(userId, {
      // Keep the time of unlocking: counters from before it may still exist.
      ...(count !== undefined && { failures: unlocked === undefined ? null : { unlocked } }),
      ...(updated !== guesses && { guesses: updated })
    }, userContext)
  }

  return {
    /** Whether the user passed the second factor from the client's network lately. */
    async isAtHome (userId: string, userContext: UserContext): Promise<boolean> {
      const network = networkOf(userId, userContext)
      return network !== undefined && isKnown((await records.read(userId, userContext)).guesses, network)
    },

    /** @throws AUTH_LIMIT_REACHED when no answer of this user would be checked, however long the challenge lives */
    async requireOpen (guesser: Pick<Guess, 'userId' | 'strength'>, userContext: UserContext): Promise<void> {
      await requireOpen(guesser, userContext)
    },

    /**
     * Counts the naming of an address that is kept from the client: naming a wrong one is a failed try. During a wait the
     * right one gets the same answer as a wrong one.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async name (guesser: Guesser, isRight: boolean, userContext: UserContext): Promise<void> {
      const known = await requireOpen(guesser, userContext)
      const attempt = await reserve(guesser, known, 'Too many failed attempts.', userContext)
      // A right number proves nothing, so it clears nothing.
      await (isRight ? attempt.giveBack() : failed(guesser, known, attempt, userContext))
    },

    /**
     * Checks an answer, unless the user has to wait: then not even the right one is checked. Each try is counted before it
     * is made, and given back when it could not be made.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Result extends { outcome: string }> (guess: Guess, userContext: UserContext, check: (round: Round) => Promise<Result>): Promise<Result> {
      const { challengeId, ...guesser } = guess
      const known = await requireOpen(guess, userContext)
      const attempt = await reserve(guesser, known, 'Too many wrong codes.', userContext)

      let result
      try {
        result = await check({ failed: (attempt.ordinal - 1) % triesPerWait + 1, most: triesPerWait })
      } catch (err) {
        await attempt.giveBack()
        throw err
      }
      const passedKey = keys('passed', guess.userId, challengeId)
      if (result.outcome === 'right') {
        await store.put(passedKey, 1, CHALLENGE_SECONDS)
        await succeeded(guesser, known, attempt, userContext)
        return result
      }
      // A second click with the right code finds the challenge spent. Nothing was compared, so it is no failure.
      if (result.outcome === 'restart' && await store.get(passedKey) !== undefined) await attempt.giveBack()
      // Wrong, expired, or the fifth try for an SMS code, which the Core answers with RESTART_FLOW_ERROR.
      else await failed(guesser, known, attempt, userContext)
      return result
    }
  }
}

export type SecondFactorTries = ReturnType<typeof createSecondFactorTries>
