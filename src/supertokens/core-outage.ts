import type { JSONWebKeySet } from 'jose'
import type { FastifyInstance } from 'fastify'
import { coreFetch, inProcessOr, type CoreFetch, type CoreRequest } from '../core-fetch.js'
import { createKeySet, type KeySet } from '../session/key-set.js'
import { replaceKeySet, wrapSdkFetch } from './sdk-internals.js'
import { guardCoreCalls } from './core-calls.js'
import { fetchOverHttp } from './core-http.js'
import { failingWhereOverloaded } from './core-overload.js'
import { watched } from './core-watch.js'

type Fetch = typeof globalThis.fetch

let keySet: KeySet | undefined

/**
 * Prepares the SDK, once per process, for where its Core is: one of this process is called directly. For a Core that is
 * down, calls fail fast, and signing keys are kept. All of it is replaced inside the SDK, which has no extension point for
 * it (its `networkInterceptor` sees requests, not answers).
 */
export function prepareCoreCalls ({ twoFactor: { core: { addresses, embedded } }, log }: FastifyInstance): void {
  let ask = coreFetch
  wrapSdkFetch((network) => {
    const direct = watched(inProcessOr(fetchOverHttp))
    // An embedded Core goes down only with this process.
    const core = embedded ? failingWhereOverloaded(direct) : guardCoreCalls(direct, { addresses, log })
    ask = core
    // Of an answer, the SDK reads what there is of it.
    return async (input, init) => isCoreCall(input, init) ? await core(String(input), init as CoreRequest) as Response : await network(input, init)
  })
  keySet = createKeySet({ load: () => firstKeys(addresses, ask) })
  replaceKeySet(keySet.keyFor)
}

/**
 * Whether the SDK means the Core. It calls providers of social logins with the same function, and a provider that names
 * the Core as its endpoint must not reach one that asks for no key. What providers say cannot add the protocol version to
 * a call; only the question for that version is without one.
 */
function isCoreCall (input: Parameters<Fetch>[0], init: RequestInit = {}): boolean {
  return 'cdi-version' in { ...init.headers } || /\/apiversion\?/.test(String(input))
}

/** Loads the keys from the first Core that answers. All Cores must have the same keys, as the SDK assumes too. */
async function firstKeys (addresses: readonly string[], ask: CoreFetch): Promise<JSONWebKeySet> {
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

/** The Core's signing keys; undefined before the SDK is prepared. */
export function signingKeys (): KeySet | undefined {
  return keySet
}
