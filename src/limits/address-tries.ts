import type { Keys } from './keys.js'
import type { Networks } from './network.js'
import { createSharedTries } from './shared-tries.js'
import type { LimitStore } from './store.js'
import type { Reservation } from './tries.js'

const MINUTE = 60
const HOUR = 3600

/** What counts the tries of a client, in each of its networks. */
export interface AddressTries {
  reserve (): Promise<Reservation | number>
  count (): Promise<number>
}

interface AddressTriesOptions {
  store: LimitStore
  keys: Keys
  rules: { perAddress: number, waits: readonly number[] }
  /** Names the counters. */
  purpose: string
}

/** Counts failures by the networks of the client, which many people may share. */
export function createAddressTries ({ store, keys, rules: { perAddress, waits }, purpose }: AddressTriesOptions) {
  return (networks: Networks): AddressTries[] => networks.map(({ name, share }) => {
    const tries = createSharedTries(store, { free: perAddress * share, waits, memory: { each: MINUTE, most: HOUR } })
    const key = keys(purpose, name)
    return { reserve: () => tries.reserve(key), count: () => tries.count(key) }
  })
}
