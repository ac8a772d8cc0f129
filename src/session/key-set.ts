import { KeyObject } from 'node:crypto'
import { createLocalJWKSet, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters, type KeyLike } from 'jose'

const MINUTE = 60_000

/** Keys older than this are reloaded in the background. */
const REFRESH_MS = 5 * MINUTE
/** Keys older than this make requests wait for the reload, so that a revoked key is not trusted much longer. */
const OLD_MS = 2 * REFRESH_MS
/** How long keys are trusted while no Core answers. supertokens-node trusts any key set this long without asking. */
export const STALE_MS = 4 * 60 * MINUTE
/**
 * Minimum time between reloads, so that tokens with made-up key ids cannot flood the Core. The SDK uses the same value.
 */
const COOLDOWN_MS = 500

export type KeyFinder = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<KeyLike>

export interface KeySet {
  /** Finds the key of a token, like jose's own key sets. */
  keyFor: KeyFinder
  /**
   * Number of look-ups that failed because no Core could be asked, so that the tokens could be neither accepted nor
   * refused.
   */
  readonly failures: number
  /**
   * Notes which key a header names, for {@link KeySet.known}. For headers of tokens that were accepted: only the Core can
   * have written them, so they are few.
   */
  learn (protectedHeader: string, header: JWSHeaderParameters): Promise<void>
  /**
   * The RSA key of exactly this header, at once. Undefined if it was not learnt from the present keys, or if they have to
   * be loaded again: then {@link KeySet.keyFor} decides.
   */
  known (protectedHeader: string): KeyObject | undefined
}

export interface KeySetOptions {
  /** Loads the Core's JWKS (CDI `/.well-known/jwks.json`). */
  load (): Promise<JSONWebKeySet>
  /** @default Date.now */
  now?: () => number
}

/**
 * Keeps the Core's signing keys, in place of the SDK's key set. The SDK's set drops its keys when they expire: if the
 * Core is down at that moment, no token is accepted any more. This one reloads more often, and keeps its keys while the
 * Core is down.
 */
export function createKeySet ({ load, now = () => Date.now() }: KeySetOptions): KeySet {
  let keys: { find: KeyFinder, loadedAt: number, known: Map<string, KeyObject> } | undefined
  let loading: Promise<void> | undefined
  let askedAt = -Infinity
  let failures = 0

  async function reload (): Promise<void> {
    askedAt = now()
    keys = { find: createLocalJWKSet(await load()), loadedAt: askedAt, known: new Map() }
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
    },

    async learn (protectedHeader, header) {
      const present = keys
      if (present === undefined || present.known.has(protectedHeader)) return
      const key = await present.find(header).catch(() => undefined)
      if (key instanceof KeyObject && key.asymmetricKeyType === 'rsa') present.known.set(protectedHeader, key)
    },

    known (protectedHeader) {
      return keys !== undefined && isWithin(REFRESH_MS, keys.loadedAt) ? keys.known.get(protectedHeader) : undefined
    }
  }
}
