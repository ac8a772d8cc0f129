import type { JSONWebKeySet } from 'jose'
import type { FastifyInstance } from 'fastify'
import { createKeySet, type KeySet } from '../session/key-set.js'
import { replaceKeySet, wrapSdkFetch } from './sdk-internals.js'
import { guardCoreCalls } from './core-calls.js'

let keySet: KeySet | undefined

/**
 * Prepares the SDK, once per process, for a Core that is down: calls fail fast, and signing keys are kept. Both are
 * replaced inside the SDK, which has no extension point for them (its `networkInterceptor` sees requests, not answers).
 */
export function prepareForOutages ({ twoFactor: { core: { addresses, embedded } }, log }: FastifyInstance): void {
  let fetch: typeof globalThis.fetch = globalThis.fetch
  // An embedded Core goes down only with this process.
  if (!embedded) {
    wrapSdkFetch((original) => {
      fetch = guardCoreCalls(original, { addresses, log })
      return fetch
    })
  }
  keySet = createKeySet({ load: () => firstKeys(addresses, (url) => fetch(url)) })
  replaceKeySet(keySet.keyFor)
}

/** Loads the keys from the first Core that answers. All Cores must have the same keys, as the SDK assumes too. */
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

/** Number of tokens that could not be verified because no Core provided its keys. */
export function keyFailures (): number {
  return keySet?.failures ?? 0
}
