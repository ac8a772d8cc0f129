import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAddressTries } from './address-tries.js'
import type { Keys } from './keys.js'
import { createKnownNetworks } from './known.js'
import { homeOf, type Networks } from './network.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { createTries, reserveAll } from './tries.js'

const MINUTE = 60
const DAY = 86_400

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
  /** The beginning of the refusal. @default 'Too many wrong passwords.' */
  refusal?: string
  /** Whether the password has been found wrong by the time that asking fails. @default never */
  foundWrong? (): boolean
}

/**
 * Limits on wrong passwords, counted in three places (ASVS 6.1.1, 6.3.1):
 *
 * - per account and address: the first limit that a script meets, and one its victim does not;
 * - per account, from anywhere: stops guessing from many addresses. A stranger can cause this wait, so it does not
 *   apply to networks at which the account is known (`homeOf`), and no wait exceeds a quarter of an hour;
 * - per address: stops one password being tried on many accounts.
 */
export function createSignIn ({ store, keys, rules }: SignInOptions) {
  const { perAccountAndAddress, perAccount, waits, refusalTime } = rules
  // A failure is remembered for as long as the longest wait. So a guesser who is slow enough to be forgotten is as slow
  // as one who waits, and a stranger who makes up names does not fill the store.
  const memory = { each: Math.max(MINUTE, ...waits), most: DAY }
  // Queue, because people do sign in to one account from several places at once. Guessers gain no speed by it.
  const pair = createTries(store, { free: perAccountAndAddress, step: 1, waits, memory, queue: true })
  const anywhere = createTries(store, { free: perAccount, step: 1, waits, memory, queue: true })
  const known = createKnownNetworks(store, keys)

  const addressesOf = createAddressTries({ store, keys, rules, purpose: 'sign-in-address' })

  return {
    /**
     * Signs in, unless a wait applies. During a wait not even the right password is tried. `ask` is told whether the account
     * is known at this network.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Result extends { status: string }> ({ account, networks, refusal = 'Too many wrong passwords.', foundWrong = () => false }: Claimant, ask: (isKnown: boolean) => Promise<Result>): Promise<Result> {
      const start = performance.now()
      // As wide as what is known: otherwise each /64 of a known /56 would have tries of its own.
      const network = homeOf(networks)
      const isKnown = await known.has(account, network)
      const addresses = addressesOf(networks)
      const ofPair = () => pair.reserve(keys('sign-in', account, network))
      const attempts = await reserveAll(isKnown
        ? [ofPair]
        // Addresses first: one that has to wait leaves no trace of the names it makes up.
        : [...addresses.map((address) => address.reserve), ofPair, () => anywhere.reserve(keys('sign-in-account', account))], refusal)

      const giveBack = () => Promise.all(attempts.map((attempt) => attempt.giveBack()))
      const fail = () => Promise.all([...attempts.map((attempt) => attempt.fail()), ...(isKnown ? addresses.map((address) => address.count()) : [])])

      let result
      try {
        result = await ask(isKnown)
      } catch (err) {
        // Otherwise whoever keeps the Core too busy for the rest of the answer would guess for nothing.
        await (foundWrong() ? fail() : giveBack())
        throw err
      }
      if (result.status === 'OK') {
        await Promise.all(attempts.map((attempt) => attempt.succeed()))
        await known.remember(account, network)
      } else if (result.status === 'WRONG_CREDENTIALS_ERROR') {
        await fail()
        // The Core hashes a password only if the account exists; the delay hides the difference (ASVS 6.3.8).
        await sleep(Math.max(0, refusalTime - (performance.now() - start)))
      } else {
        await giveBack()
      }
      return result
    }
  }
}

export type SignIn = ReturnType<typeof createSignIn>
