import { KeyObject } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import { createKeyStore, type KeyFinder, type KeyStore, type KeyStoreOptions } from './key-store.js'

export interface KeySet extends Pick<KeyStore, 'keyFor' | 'failures' | 'isLoaded'> {
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

/** The Core's signing keys, and which of them the headers of its tokens name. */
export function createKeySet (options: Pick<KeyStoreOptions, 'load' | 'now'>): KeySet {
  const store = createKeyStore(options)
  /** By the keys from which it was learnt. */
  const learnt = new WeakMap<KeyFinder, Map<string, KeyObject>>()

  function learntFrom (keys: KeyFinder): Map<string, KeyObject> {
    const known = learnt.get(keys) ?? new Map<string, KeyObject>()
    learnt.set(keys, known)
    return known
  }

  return {
    get failures () { return store.failures },

    keyFor: store.keyFor,
    isLoaded: store.isLoaded,

    async learn (protectedHeader, header) {
      const present = store.present()
      if (present === undefined || learntFrom(present).has(protectedHeader)) return
      const key = await present(header).catch(() => undefined)
      if (key instanceof KeyObject && key.asymmetricKeyType === 'rsa') learntFrom(present).set(protectedHeader, key)
    },

    known (protectedHeader) {
      const fresh = store.fresh()
      return fresh === undefined ? undefined : learnt.get(fresh)?.get(protectedHeader)
    }
  }
}
