import type { FastifyBaseLogger } from 'fastify'
import { CoreUnavailable } from '../errors.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged, type Circuit } from '../outage/circuit.js'

type Fetch = typeof globalThis.fetch

/** A person waits for the answer, and several calls make one. */
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

/** The whole answer: a body that never ends is as bad as an answer that never begins. */
async function whole (response: Response): Promise<Response> {
  if (isGatewayFailure(response.status)) {
    await response.body?.cancel()
    throw new CoreUnavailable({ cause: new Error(`status ${response.status}`) })
  }
  const body = await response.arrayBuffer()
  return new Response(body.byteLength === 0 ? null : body, response)
}

/**
 * Gives every call to a Core a time limit, and each Core a circuit of its own. supertokens-node has neither: with a Core that hangs
 * every request would hang for the five minutes that `fetch` waits.
 *
 * @returns a `fetch` that leaves every other address alone
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
      return await circuit.run(async () => await whole(await fetch(input, { ...init, signal: AbortSignal.timeout(patienceMs) })))
    } catch (err) {
      // In the words by which the SDK knows that nothing was sent, and goes on to the next Core.
      if (isPaused(err)) throw new TypeError('fetch failed', { cause: err })
      // It may have been done nonetheless: not to be asked of another Core again.
      if (err instanceof Error && err.name === 'TimeoutError') throw new CoreUnavailable({ cause: err })
      throw err
    }
  }
}
