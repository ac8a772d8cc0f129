import { createRequire } from 'node:module'
import type { FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters, KeyLike } from 'jose'

// By require, as the SDK loads it: imported, all of it would be there twice.
const { createLocalJWKSet } = createRequire(import.meta.url)('jose') as typeof import('jose')

const MINUTE = 60_000

/** A set of this age is asked for again, beside the requests. */
const REFRESH_MS = 5 * MINUTE
/** From this age on a request waits for the answer, so that a key which was taken away opens nothing much longer. */
const OLD_MS = 2 * REFRESH_MS
/** While no Core answers, a set is good for as long as supertokens-node trusts every set without asking anybody. */
export const STALE_MS = 4 * 60 * MINUTE
/** Tokens with made-up key ids must not become a flood of questions; the SDK's own value. */
const COOLDOWN_MS = 500

export type KeyFinder = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<KeyLike>

export interface KeySet {
  /** The key of a token, as jose's own sets find it. */
  keyFor: KeyFinder
  /** How many look-ups have failed because no Core could be asked: whether those tokens were good, nobody can tell. */
  readonly failures: number
}

export interface KeySetOptions {
  /** Asks the Core for its JWKS (CDI `/.well-known/jwks.json`). */
  load (): Promise<JSONWebKeySet>
  /** @default Date.now */
  now?: () => number
}

/**
 * The Core's signing keys, in the place of the SDK's set: that one forgets its keys when their time is up, and with a Core that is away just
 * then no token opens anything. This one asks more often, and keeps what it has while nobody answers.
 */
export function createKeySet ({ load, now = Date.now }: KeySetOptions): KeySet {
  let keys: { find: KeyFinder, loadedAt: number } | undefined
  let loading: Promise<void> | undefined
  let askedAt = -Infinity
  let failures = 0

  async function reload (): Promise<void> {
    askedAt = now()
    keys = { find: createLocalJWKSet(await load()), loadedAt: askedAt }
  }

  /** Whoever asks while an answer is awaited awaits the same. */
  function reloadOnce (): Promise<void> {
    loading ??= reload().finally(() => { loading = undefined })
    return loading
  }

  async function reloadOrFail (): Promise<void> {
    try {
      await reloadOnce()
    } catch (err) {
      failures++
      throw err
    }
  }

  function isWithin (time: number, since: number): boolean {
    return now() - since < time
  }

  return {
    get failures () { return failures },

    async keyFor (header, token) {
      if (keys === undefined || !isWithin(STALE_MS, keys.loadedAt)) {
        await reloadOrFail()
      } else if (!isWithin(REFRESH_MS, keys.loadedAt) && !isWithin(COOLDOWN_MS, askedAt)) {
        const asked = reloadOnce().catch(() => {})
        if (!isWithin(OLD_MS, keys.loadedAt)) await asked
      }
      try {
        return await keys!.find(header, token)
      } catch (err) {
        const unknown = (err as { code?: string }).code === 'ERR_JWKS_NO_MATCHING_KEY'
        if (!unknown || isWithin(COOLDOWN_MS, askedAt)) throw err
        await reloadOrFail()
        return await keys!.find(header, token)
      }
    }
  }
}
