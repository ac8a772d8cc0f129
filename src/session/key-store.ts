import { createLocalJWKSet, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters, type KeyLike } from 'jose'

const MINUTE = 60_000

/** Keys older than this are reloaded in the background. */
const REFRESH_MS = 5 * MINUTE
/** Keys older than this make requests wait for the reload, so that a revoked key is not trusted much longer. */
const OLD_MS = 2 * REFRESH_MS
/** How long keys are trusted while nobody answers. supertokens-node trusts any key set this long without asking. */
export const STALE_MS = 4 * 60 * MINUTE
/**
 * Minimum time between reloads, so that tokens with made-up key ids cannot flood the Core. The SDK uses the same value.
 */
const COOLDOWN_MS = 500

export type KeyFinder = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<KeyLike>

export interface KeyStoreOptions {
  /** Loads the key set, such as the Core's (CDI `/.well-known/jwks.json`). */
  load (): Promise<JSONWebKeySet>
  /** @default Date.now */
  now?: () => number
  /** How long keys are trusted while {@link KeyStoreOptions.load} fails, in milliseconds. @default four hours */
  staleFor?: number
  /** Minimum time between reloads, in milliseconds. @default 500 */
  cooldown?: number
}

export interface KeyStore {
  /** Finds the key of a token, like jose's own key sets. */
  keyFor: KeyFinder
  /**
   * Number of look-ups that failed because no keys could be loaded, so that the tokens could be neither accepted nor
   * refused.
   */
  readonly failures: number
  /** Whether there are keys that are still trusted. Loads them if there are none. */
  isLoaded (): Promise<boolean>
  /** The present keys; undefined before the first have been loaded. */
  present (): KeyFinder | undefined
  /** The same, unless it is time to load them again. */
  fresh (): KeyFinder | undefined
}

/**
 * Keeps signing keys, in place of the SDK's key set or jose's remote one. Those drop their keys when they expire: if
 * nobody answers at that moment, no token is accepted any more. This one reloads more often, and keeps its keys while
 * nobody answers.
 */
export function createKeyStore ({ load, now = () => Date.now(), staleFor = STALE_MS, cooldown = COOLDOWN_MS }: KeyStoreOptions): KeyStore {
  let keys: { find: KeyFinder, loadedAt: number } | undefined
  let loading: Promise<void> | undefined
  let askedAt = -Infinity
  let failures = 0

  async function reload (): Promise<void> {
    askedAt = now()
    keys = { find: createLocalJWKSet(await load()), loadedAt: askedAt }
  }

  /** Reloads once for all concurrent callers. */
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

  /** A time in the future proves nothing: if the clock was set back, new keys would not be loaded for as long. */
  function isWithin (time: number, since: number): boolean {
    return Math.abs(now() - since) < time
  }

  return {
    get failures () { return failures },

    async keyFor (header, token) {
      if (keys === undefined || !isWithin(staleFor, keys.loadedAt)) {
        await reloadOrFail()
      } else if (!isWithin(REFRESH_MS, keys.loadedAt) && !isWithin(cooldown, askedAt)) {
        const asked = reloadOnce().catch(() => {})
        if (!isWithin(OLD_MS, keys.loadedAt)) await asked
      }
      try {
        return await keys!.find(header, token)
      } catch (err) {
        const unknown = (err as { code?: string }).code === 'ERR_JWKS_NO_MATCHING_KEY'
        if (!unknown || isWithin(cooldown, askedAt)) throw err
        await reloadOrFail()
        return await keys!.find(header, token)
      }
    },

    async isLoaded () {
      if (keys === undefined || !isWithin(staleFor, keys.loadedAt)) await reloadOnce().catch(() => {})
      return keys !== undefined && isWithin(staleFor, keys.loadedAt)
    },

    present: () => keys?.find,

    fresh: () => keys !== undefined && isWithin(REFRESH_MS, keys.loadedAt) ? keys.find : undefined
  }
}
