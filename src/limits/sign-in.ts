import { setTimeout as sleep } from 'node:timers/promises'
import { refuse } from './answers.js'
import type { Keys } from './keys.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { createTries, type Try } from './tries.js'

const HOUR = 3600
const DAY = 86_400
/** How long an address stays known for an account, from the last time somebody signed in from there. */
const KNOWN_SECONDS = 21 * DAY

interface SignInOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['signIn'], false>
}

/** Who says who they are. */
export interface Claimant {
  /** As the Core would look it up; there need not be such an account. */
  account: string
  /** As `networkOf` tells it. */
  network: string
}

/**
 * Wrong passwords, counted in three places (ASVS 6.1.1, 6.3.1):
 *
 * - for an account from one address, which is what one script meets first, and its victim does not;
 * - for an account from anywhere, against many addresses. A stranger can bring this wait about, so it does not hold for addresses from
 *   which the account has signed in before, and no wait is longer than a quarter of an hour;
 * - for an address, against one password for many accounts.
 */
export function createSignIn ({ store, keys, rules }: SignInOptions) {
  const { perAccountAndAddress, perAccount, perAddress, waits, refusalTime } = rules
  // People sign in to one account from several places at once; the answers to those who guess come no sooner for it.
  const pair = createTries(store, { free: perAccountAndAddress, step: 1, waits, memory: DAY, queue: true })
  const anywhere = createTries(store, { free: perAccount, step: 1, waits, memory: DAY, queue: true })
  const address = createTries(store, { free: perAddress, step: 1, waits, memory: HOUR })

  /** Counts the try wherever it has to be; none counted when one refuses. */
  async function reserve (takes: Array<() => Promise<Try | number>>): Promise<Try[]> {
    const reserved: Try[] = []
    for (const take of takes) {
      const attempt = await take()
      if (typeof attempt === 'number') {
        await Promise.all(reserved.map((one) => one.giveBack()))
        throw refuse('Too many wrong passwords.', attempt)
      }
      reserved.push(attempt)
    }
    return reserved
  }

  return {
    /**
     * Tries to sign in, unless there is a wait: then not even the right password is tried.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Result extends { status: string }> ({ account, network }: Claimant, ask: () => Promise<Result>): Promise<Result> {
      const start = performance.now()
      const knownKey = keys('known', account, network)
      const isKnown = await store.get(knownKey) !== undefined
      const addressKey = keys('sign-in-address', network)
      const wait = isKnown ? 0 : await address.waiting(addressKey)
      if (wait > 0) throw refuse('Too many wrong passwords.', wait)
      const attempts = await reserve([
        () => pair.reserve(keys('sign-in', account, network)),
        ...(isKnown ? [] : [() => anywhere.reserve(keys('sign-in-account', account))])
      ])

      let result
      try {
        result = await ask()
      } catch (err) {
        await Promise.all(attempts.map((attempt) => attempt.giveBack()))
        throw err
      }
      if (result.status === 'OK') {
        await Promise.all(attempts.map((attempt) => attempt.succeed()))
        await store.put(knownKey, 1, KNOWN_SECONDS)
      } else if (result.status === 'WRONG_CREDENTIALS_ERROR') {
        await Promise.all([...attempts.map((attempt) => attempt.fail()), address.fail(addressKey)])
        // The Core hashes a password only when there is somebody to compare it with (ASVS 6.3.8).
        await sleep(Math.max(0, refusalTime - (performance.now() - start)))
      } else {
        await Promise.all(attempts.map((attempt) => attempt.giveBack()))
      }
      return result
    }
  }
}

export type SignIn = ReturnType<typeof createSignIn>
