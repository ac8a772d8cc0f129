import type { FastifyBaseLogger } from 'fastify'
import { CoreUnavailable } from '../errors.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged, type Circuit } from '../outage/circuit.js'
import { overloadIn } from './core-overload.js'

type Fetch = typeof globalThis.fetch

/** Time limit of one call. A person is waiting, and one answer takes several calls. */
const PATIENCE_MS = 5000

export interface CoreCallsOptions {
  /** Base URLs. */
  addresses: readonly string[]
  log: FastifyBaseLogger
  /** @default 5000 */
  patienceMs?: number
}

function addressOf (input: Parameters<Fetch>[0]): string {
  return input instanceof Request ? input.url : String(input)
}

/** Reads the whole answer within the time limit: a body that never ends is as bad as one that never begins. */
async function readWhole (response: Response): Promise<Response> {
  if (isGatewayFailure(response.status)) {
    await response.body?.cancel()
    throw overloadIn(response) ?? new CoreUnavailable({ cause: new Error(`status ${response.status}`) })
  }
  const body = await response.text()
  // The SDK clones each answer before it reads it. Streams for that cost a quarter of the call.
  return Object.assign(response, { text: async () => body, json: async () => JSON.parse(body) as unknown, clone: () => response })
}

/**
 * Gives every call to a Core a time limit, and each Core its own circuit breaker. supertokens-node has neither: with a
 * hanging Core, every request would hang for the five minutes of `fetch`.
 *
 * @returns a `fetch` that treats only these addresses differently
 */
export function guardCoreCalls (fetch: Fetch, { addresses, log, patienceMs = PATIENCE_MS }: CoreCallsOptions): Fetch {
  const circuits = new Map<string, Circuit>(addresses.map((address) => {
    const { origin } = new URL(address)
    return [origin, createCircuit({ ...logged(log, `the Core at ${origin}`), isOutage: (err) => err instanceof CoreUnavailable || isNetworkFailure(err) })]
  }))

  return async (input, init) => {
    const circuit = circuits.get(new URL(addressOf(input)).origin)
    if (circuit === undefined) return await fetch(input, init)
    try {
      return await circuit.run(async () => await readWhole(await fetch(input, { ...init, signal: AbortSignal.timeout(patienceMs) })))
    } catch (err) {
      // The SDK recognises this wording as "nothing was sent" and tries the next Core.
      if (isPaused(err)) throw new TypeError('fetch failed', { cause: err })
      // The Core may have done the work nonetheless, so do not repeat it on another one.
      if (err instanceof Error && err.name === 'TimeoutError') throw new CoreUnavailable({ cause: err })
      throw err
    }
  }
}
