import { setTimeout as sleep } from 'node:timers/promises'
import type { JSONWebKeySet } from 'jose'
import type { FastifyInstance } from 'fastify'
import { coreFetch, inProcessOr, type CoreFetch, type CoreRequest } from '../core-fetch.js'
import { createKeySet, type KeySet } from '../session/key-set.js'
import { replaceKeySet, wrapSdkFetch } from './sdk-internals.js'
import { traceCalls } from '../tracing/calls.js'
import { traceCoreCalls } from '../tracing/core-calls.js'
import { guardCoreCalls } from './core-calls.js'
import { fetchOverHttp } from './core-http.js'
import { failingWhereOverloaded } from './core-overload.js'
import { watched } from './core-watch.js'

type Fetch = typeof globalThis.fetch

let keySet: KeySet | undefined

/** Calls the Core within its time limits, once the SDK is prepared. */
let ask: CoreFetch = coreFetch

/** Orchestrators wait for a second or two themselves. */
const PROBE_MS = 2000

/**
 * Prepares the SDK, once per process, for where its Core is: one of this process is called directly. For a Core that is
 * down, calls fail fast, and signing keys are kept. All of it is replaced inside the SDK, which has no extension point for
 * it (its `networkInterceptor` sees requests, not answers).
 */
export function prepareCoreCalls ({ twoFactor: { core: { addresses, embedded } }, log }: FastifyInstance, apiKey: () => string | undefined): void {
  wrapSdkFetch((network) => {
    const direct = watched(inProcessOr(fetchOverHttp))
    // An embedded Core goes down only with this process.
    const core = traceCoreCalls(embedded ? failingWhereOverloaded(direct) : guardCoreCalls(direct, { addresses, log }))
    ask = core
    // Of an answer, the SDK reads what there is of it.
    const others = traceCalls(network)
    return async (input, init) => isCoreCall(input, init) ? await core(String(input), withKey(init as CoreRequest, apiKey())) as Response : await others(input, init)
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

/** The SDK knows only the API key that it was started with. */
function withKey (init: CoreRequest, key: string | undefined): CoreRequest {
  const { 'api-key': first } = init.headers ?? {}
  return key === undefined || key === first ? init : { ...init, headers: { ...init.headers, 'api-key': key } }
}

async function probe (address: string, apiKey: string | undefined): Promise<'answers' | 'refuses' | 'silent'> {
  // The Core looks into its database for this one, and asks for its key for the other.
  if (!(await ask(`${address}/hello`)).ok) return 'silent'
  const { ok, status } = await ask(`${address}/apiversion`, { headers: apiKey === undefined ? {} : { 'api-key': apiKey } })
  return ok ? 'answers' : status === 401 ? 'refuses' : 'silent'
}

/**
 * Whether a Core answers, as requests would find it: while its circuit is open, it does not, and what is asked here closes
 * the circuit where nobody else asks.
 */
export async function stateOf (address: string, apiKey: string | undefined): Promise<'answers' | 'refuses' | 'silent'> {
  const ended = new AbortController()
  const late = sleep(PROBE_MS, 'silent' as const, { signal: ended.signal, ref: false })
  late.catch(() => {})
  return await Promise.race([probe(address, apiKey).catch(() => 'silent' as const), late]).finally(() => { ended.abort() })
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
