import type { JSONWebKeySet } from 'jose'
import type { FastifyInstance } from 'fastify'
import { createKeySet, type KeySet } from '../session/key-set.js'
import { replaceKeySet, wrapSdkFetch } from './sdk-internals.js'
import { guardCoreCalls } from './core-calls.js'

let keySet: KeySet | undefined

/**
 * Prepares the SDK, once per process, for a Core that is away: calls that fail at once, and keys that stay. Both are replaced inside the
 * SDK, which offers no place for them (its `networkInterceptor` sees requests, not answers).
 */
export function prepareForOutages ({ core: { addresses, embedded }, log }: FastifyInstance): void {
  let fetch: typeof globalThis.fetch = globalThis.fetch
  // One inside this process is away when we are.
  if (!embedded) {
    wrapSdkFetch((original) => {
      fetch = guardCoreCalls(original, { addresses, log })
      return fetch
    })
  }
  keySet = createKeySet({ load: () => firstKeys(addresses, (url) => fetch(url)) })
  replaceKeySet(keySet.keyFor)
}

/** Every Core is to have the same keys, as the SDK assumes too: the first that answers will do. */
async function firstKeys (addresses: readonly string[], ask: (url: string) => Promise<Response>): Promise<JSONWebKeySet> {
  let failure: unknown
  for (const address of addresses) {
    try {
      const response = await ask(`${address}/.well-known/jwks.json`)
      if (response.ok) return await response.json() as JSONWebKeySet
      failure = new Error(`status ${response.status}`)
    } catch (err) {
      failure = err
    }
  }
  throw failure
}

/** How many tokens could not be verified because no Core has shown its keys. */
export function keyFailures (): number {
  return keySet?.failures ?? 0
}
