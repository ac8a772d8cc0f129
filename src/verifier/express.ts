import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DemandOptions } from '../session/demand-options.js'
import { holdSession } from './held.js'
import type { Verifier } from './verifier.js'

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/**
 * Middleware for Express, Connect and everything else with Node's requests. `sessionOf(request)` has the session then.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function require2FA (verifier: Verifier, demand?: DemandOptions): Middleware {
  const verify = verifier.requiring(demand)

  async function admit (request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const decision = await verify(request)
    if (decision.admitted) {
      holdSession(request, decision.session)
      return true
    }
    response.statusCode = decision.status
    for (const [name, value] of Object.entries(decision.headers)) response.setHeader(name, value)
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.end(JSON.stringify(decision.body))
    return false
  }

  return (request, response, next) => {
    // A middleware of the host that throws must not be called a second time.
    admit(request, response).then((admitted) => { if (admitted) next() }, next)
  }
}
