import { setTimeout as sleep } from 'node:timers/promises'
import { refuse } from './answers.js'
import type { Keys } from './keys.js'
import { knownKey } from './known.js'
import type { Networks } from './network.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { createTries, type Try } from './tries.js'

const HOUR = 3600
const DAY = 86_400
/** How long an address stays known for an account, counted from the last sign-in from there. */
const KNOWN_SECONDS = 21 * DAY

interface SignInOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['signIn'], false>
}

/** An account, and the client that tries to sign in to it. */
export interface Claimant {
  /** As the Core would look it up. The account need not exist. */
  account: string
  /** From `networksOf`. */
  networks: Networks
}

/**
 * Limits on wrong passwords, counted in three places (ASVS 6.1.1, 6.3.1):
 *
 * - per account and address: the first limit that a script meets, and one its victim does not;
 * - per account, from anywhere: stops guessing from many addresses. A stranger can cause this wait, so it does not
 *   apply to addresses from which the account has signed in before, and no wait exceeds a quarter of an hour;
 * - per address: stops one password being tried on many accounts.
 */
export function createSignIn ({ store, keys, rules }: SignInOptions) {
  const { perAccountAndAddress, perAccount, perAddress, waits, refusalTime } = rules
  // Queue, because people do sign in to one account from several places at once. Guessers gain no speed by it.
  const pair = createTries(store, { free: perAccountAndAddress, step: 1, waits, memory: DAY, queue: true })
  const anywhere = createTries(store, { free: perAccount, step: 1, waits, memory: DAY, queue: true })

  function addressesOf (networks: Networks) {
    return networks.map(({ name, share }) => ({
      key: keys('sign-in-address', name),
      tries: createTries(store, { free: perAddress * share, step: 1, waits, memory: HOUR })
    }))
  }

  /** Counts the try in every place, or in none if one of them refuses. */
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
     * Signs in, unless a wait applies. During a wait not even the right password is tried.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Result extends { status: string }> ({ account, networks }: Claimant, ask: () => Promise<Result>): Promise<Result> {
      const start = performance.now()
      const [{ name: network }] = networks
      const known = knownKey(keys, account, networks)
      const isKnown = await store.get(known) !== undefined
      const addresses = addressesOf(networks)
      const wait = isKnown ? 0 : Math.max(...await Promise.all(addresses.map(({ key, tries }) => tries.waiting(key))))
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
        await store.put(known, 1, KNOWN_SECONDS)
      } else if (result.status === 'WRONG_CREDENTIALS_ERROR') {
        await Promise.all([...attempts.map((attempt) => attempt.fail()), ...addresses.map(({ key, tries }) => tries.fail(key))])
        // The Core hashes a password only if the account exists; the delay hides the difference (ASVS 6.3.8).
        await sleep(Math.max(0, refusalTime - (performance.now() - start)))
      } else {
        await Promise.all(attempts.map((attempt) => attempt.giveBack()))
      }
      return result
    }
  }
}

export type SignIn = ReturnType<typeof createSignIn>
