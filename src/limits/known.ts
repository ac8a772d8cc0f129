import type { Keys } from './keys.js'
import type { LimitStore } from './store.js'

/** How long a network stays known after its account has signed in or up, or chosen a new password there. */
const SECONDS = 21 * 86_400
/** Networks that are known for one account. Without a ceiling, one account would fill the store from a million of them. */
const PLACES = 16

/**
 * Remembers the networks at which an account is at home (`homeOf`). Each network has one of sixteen places of its account,
 * and what is there is a number made from its name.
 */
export function createKnownNetworks (store: LimitStore, keys: Keys) {
  function placeOf (account: string, network: string) {
    const digest = Buffer.from(keys('known-network', account, network).split(':')[1]!, 'base64url')
    return { key: `${keys('known', account)}:${digest[4]! % PLACES}`, value: digest.readUInt32BE(0) }
  }

  return {
    async has (account: string, network: string): Promise<boolean> {
      const { key, value } = placeOf(account, network)
      return (await store.get(key))?.count === value
    },

    async remember (account: string, network: string): Promise<void> {
      const { key, value } = placeOf(account, network)
      await store.put(key, value, SECONDS)
    }
  }
}

export type KnownNetworks = ReturnType<typeof createKnownNetworks>
