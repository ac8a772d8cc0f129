import { createAddressTries } from './address-tries.js'
import { reserveAll } from './tries.js'
import type { Keys } from './keys.js'
import type { Networks } from './network.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'

interface LinkTriesOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['signIn'], false>
  /** Names the counters. @default 'link-address' */
  purpose?: string
}

/**
 * Limits on links that are wrong, by network. Nobody guesses one, but each costs a call to the Core. Right ones are
 * never counted, so owners use up nothing. The same for keys of service clients.
 */
export function createLinkTries ({ store, keys, rules, purpose = 'link-address' }: LinkTriesOptions) {
  const addressesOf = createAddressTries({ store, keys, rules, purpose })

  return {
    /**
     * @param look resolves with undefined if the link is wrong
     * @throws AUTH_LIMIT_REACHED
     */
    async attempt<Found> (networks: Networks, look: () => Promise<Found | undefined>): Promise<Found | undefined> {
      const attempts = await reserveAll(addressesOf(networks).map(({ reserve }) => reserve), 'Too many failed attempts.')
      let found: Found | undefined
      try {
        found = await look()
      } catch (err) {
        await Promise.all(attempts.map((attempt) => attempt.giveBack()))
        throw err
      }
      await Promise.all(attempts.map((attempt) => found === undefined ? attempt.fail() : attempt.giveBack()))
      return found
    }
  }
}

export type LinkTries = ReturnType<typeof createLinkTries>
