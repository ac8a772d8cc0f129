import type { DemandOptions } from '../session/demand-options.js'
import { toResponse } from './refusals.js'
import type { Verifier } from './verifier.js'

/**
 * Middleware for Next and everything else with requests of the Fetch standard, on edges too: the answer to a request that is
 * refused; undefined for one that may go on. Route handlers that need the session call `verifier.verifyRequest(request)`.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function require2FA (verifier: Verifier, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return async (request: Request): Promise<Response | undefined> => {
    const decision = await verify(request)
    return decision.admitted ? undefined : toResponse(decision)
  }
}
