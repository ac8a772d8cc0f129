import type { FastifyBaseLogger } from 'fastify'

const EVERY_MS = 60_000
/** Part of `maxmemory` from which to warn. Time enough to add memory, unless somebody is filling it on purpose. */
const WARN_AT = 0.7

function fieldOf (info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

export interface RedisMemory {
  /** Looks at the memory in the background, at most once a minute. Never throws. */
  look (): void
  /** Looks now. Resolves when the warnings are logged. Never rejects. */
  lookNow (): Promise<void>
  /** Says that Redis has refused a write for want of memory. */
  isFull (): void
}

/**
 * Warns before the Redis of the limits is full, for then everything that is limited is refused; and when it is set to
 * evict, for then it would silently lift limits.
 *
 * @param readInfo runs `INFO memory`
 */
export function watchMemory (readInfo: () => Promise<string>, log: Pick<FastifyBaseLogger, 'warn' | 'error'>): RedisMemory {
  let lookedAt = -Infinity
  let warnedOf: 'nothing' | 'scarce' | 'full' = 'nothing'
  let policySaid: string | undefined

  function judge (info: string): void {
    const [used, most] = [Number(fieldOf(info, 'used_memory')), Number(fieldOf(info, 'maxmemory'))]
    const policy = fieldOf(info, 'maxmemory_policy')
    if (policy !== undefined && policy !== 'noeviction' && policy !== policySaid) {
      log.warn({ policy }, 'Redis may evict counters of the limits, which lifts limits; set maxmemory-policy noeviction')
    }
    policySaid = policy
    const isScarce = most > 0 && used >= most * WARN_AT
    if (isScarce && warnedOf === 'nothing') {
      log.warn({ used, most }, 'The Redis of the limits is filling up; when it is full, everything that is limited is refused')
      warnedOf = 'scarce'
    }
    if (!isScarce) warnedOf = 'nothing'
  }

  async function lookNow (): Promise<void> {
    lookedAt = Date.now()
    // Some hosted Redis do not allow INFO. The limits work without it.
    await readInfo().then(judge, () => {})
  }

  return {
    lookNow,
    look () { if (Date.now() - lookedAt >= EVERY_MS) lookNow() },
    isFull () {
      if (warnedOf === 'full') return
      warnedOf = 'full'
      log.error('The Redis of the limits is full; requests that need a limit are refused until it has room')
    }
  }
}
