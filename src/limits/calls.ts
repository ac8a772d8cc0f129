import { refuse } from './answers.js'
import type { Keys } from './keys.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { takeCount, takeSlot, type Taken } from './windows.js'

interface CallLimitsOptions {
  store: LimitStore
  keys: Keys
  rules: Exclude<ResolvedLimits['admin'], false>
}

const MINUTE = 60

/** Limits what each caller of the administration does, whoever has its key by now. */
export function createCallLimits ({ store, keys, rules: { perMinute, changesPerMinute } }: CallLimitsOptions) {
  async function take (kind: string, caller: string, limit: number): Promise<void> {
    const taken = await takeCount(store, { key: keys(`operator-${kind}`, caller), limit, seconds: MINUTE })
    if (typeof taken === 'number') throw refuse('Too many requests.', taken)
  }

  return {
    /** @throws AUTH_LIMIT_REACHED */
    async count (caller: string, { isChange }: { isChange: boolean }): Promise<void> {
      await take('calls', caller, perMinute)
      if (isChange) await take('changes', caller, changesPerMinute)
    }
  }
}

export type CallLimits = ReturnType<typeof createCallLimits>

/** Each unlock gives as many guesses as a lock takes. */
const UNLOCKS = { limit: 3, seconds: 7 * 86_400 } as const

/** Limits how often those who are no admins let the wrong codes of an account count from zero. */
export function createUnlockLimits ({ store, keys }: Pick<CallLimitsOptions, 'store' | 'keys'>) {
  return {
    /** @throws AUTH_LIMIT_REACHED */
    async take (userId: string): Promise<Pick<Taken, 'giveBack'>> {
      const taken = await takeSlot(store, { key: keys('operator-unlocks', userId), ...UNLOCKS })
      if (typeof taken === 'number') throw refuse('Too many requests.', taken)
      return taken
    }
  }
}

export type UnlockLimits = ReturnType<typeof createUnlockLimits>
