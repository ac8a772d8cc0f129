import type { Keys } from './keys.js'
import type { Networks } from './network.js'
import type { LimitStore } from './store.js'

/** Counter that says that an account has signed in from a network lately. */
export function knownKey (keys: Keys, account: string, [{ name }]: Networks): string {
  return keys('known', account, name)
}

/** Whether an account has signed in from there lately: most likely it is the owner who asks, and no stranger. */
export async function isKnown ({ store, keys }: { store: LimitStore, keys: Keys }, account: string, networks: Networks): Promise<boolean> {
  return await store.get(knownKey(keys, account, networks)) !== undefined
}
