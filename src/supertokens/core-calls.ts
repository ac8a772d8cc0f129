import type { FastifyBaseLogger } from 'fastify'
import type { CoreFetch, CoreResponse } from '../core-fetch.js'
import { CoreUnavailable } from '../errors.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged, type Circuit } from '../outage/circuit.js'
import { overloadIn } from './core-overload.js'
import { coreCircuits } from './core-watch.js'

/** Time limit of one call. A person is waiting, and one answer takes several calls. */
const PATIENCE_MS = 5000

export interface CoreCallsOptions {
  /** Base URLs. */
  addresses: readonly string[]
  log: FastifyBaseLogger
  /** @default 5000 */
  patienceMs?: number
}

function requireCore (response: CoreResponse): CoreResponse {
  if (isGatewayFailure(response.status)) throw overloadIn(response) ?? new CoreUnavailable({ cause: new Error(`status ${response.status}`) })
  return response
}

/**
 * Gives every call to a Core a time limit, and each Core its own circuit breaker. supertokens-node has neither: with a
 * hanging Core, every request would hang for the five minutes of `fetch`.
 *
 * @returns a `fetch` for these addresses
 */
export function guardCoreCalls (fetch: CoreFetch, { addresses, log, patienceMs = PATIENCE_MS }: CoreCallsOptions): CoreFetch {
  const circuits = new Map<string, Circuit>(addresses.map((address) => {
    const { origin } = new URL(address)
    const circuit = createCircuit({ ...logged(log, `the Core at ${origin}`), isOutage: (err) => err instanceof CoreUnavailable || isNetworkFailure(err) })
    coreCircuits.set(origin, circuit)
    return [origin, circuit]
  }))

  return async (url, init) => {
    const { origin } = new URL(url)
    const circuit = circuits.get(origin)
    if (circuit === undefined) throw new TypeError(`no Core is at ${origin}`)
    try {
      return await circuit.run(async () => requireCore(await fetch(url, { ...init, patienceMs })))
    } catch (err) {
      // The SDK recognises this wording as "nothing was sent" and tries the next Core.
      if (isPaused(err)) throw new TypeError('fetch failed', { cause: err })
      // The Core may have done the work nonetheless, so do not repeat it on another one.
      if (err instanceof Error && err.name === 'TimeoutError') throw new CoreUnavailable({ cause: err })
      throw err
    }
  }
}
