import { refuse } from './answers.js'
import type { Keys } from './keys.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { takeCount } from './windows.js'

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
