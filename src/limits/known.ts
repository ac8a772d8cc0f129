import type { Keys } from './keys.js'
import type { Networks } from './network.js'
import type { LimitStore } from './store.js'

interface Shared {
  store: LimitStore
  keys: Keys
}

/** How long a network stays known, counted from the last sign-in from there. */
const SECONDS = 21 * 86_400
/** Networks that are known for one account. Without a ceiling, one account could fill the store from a million of them. */
const PLACES = 16

/** Each network has one of the sixteen places of its account. What is put there is a number made from its name. */
function placeOf (keys: Keys, account: string, [{ name }]: Networks) {
  const digest = Buffer.from(keys('known-network', account, name).split(':')[1]!, 'base64url')
  return { key: `${keys('known', account)}:${digest[4]! % PLACES}`, value: digest.readUInt32BE(0) }
}

/** Whether an account has signed in from there lately: most likely it is the owner who asks, and no stranger. */
export async function isKnown ({ store, keys }: Shared, account: string, networks: Networks): Promise<boolean> {
  const { key, value } = placeOf(keys, account, networks)
  return (await store.get(key))?.count === value
}

/** Remembers that an account has signed in from there. */
export async function remember ({ store, keys }: Shared, account: string, networks: Networks): Promise<void> {
  const { key, value } = placeOf(keys, account, networks)
  await store.put(key, value, SECONDS)
}
