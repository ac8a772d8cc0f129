import type { Keys } from './keys.js'
import type { LimitStore } from './store.js'
import type { Taken } from './windows.js'

/** Stock pages count from the click, and a request needs a moment to get here. In seconds. */
const ON_THE_WAY = 1

/** The two lots of windows that an account has. */
const ACCOUNTS = ['user', 'user-at-home'] as const
export type Account = typeof ACCOUNTS[number]

interface CooldownOptions {
  store: LimitStore
  keys: Keys
  /** 0 for none. */
  seconds: number
}

/** The pause between two messages to an account. It is for the person who waits for one: the right code ends it. */
export function createCooldown ({ store, keys, seconds }: CooldownOptions) {
  const keyOf = (account: Account, subject: readonly string[]): string => keys(`${account}-cooldown`, ...subject)

  return {
    /** @param refused hears of the seconds to wait, if it refuses */
    takes (account: Account, subject: readonly string[], refused: (wait: number) => void): Array<() => Promise<Taken | number>> {
      if (seconds === 0) return []
      const key = keyOf(account, subject)
      return [async () => {
        const waitMs = await store.take(key, Math.max(1, seconds - ON_THE_WAY))
        if (waitMs === 0) return { left: Infinity, giveBack: () => store.delete(key) }
        const wait = Math.ceil(waitMs / 1000)
        refused(wait)
        return wait
      }]
    },

    async end (subject: readonly string[]): Promise<void> {
      await Promise.all(ACCOUNTS.map((account) => store.delete(keyOf(account, subject))))
    }
  }
}
