import type { IncomingMessage } from 'node:http'
import type { DemandOptions } from '../session/demand-options.js'
import { holdSession } from './held.js'
import type { VerifiedSession } from './session.js'
import type { Verifier } from './verifier.js'

/** hapi's types, as far as they are needed. */
interface HapiResponse {
  code (status: number): HapiResponse
  header (name: string, value: string): HapiResponse
  takeover (): HapiResponse
}
interface Toolkit {
  authenticated (data: { credentials: VerifiedSession }): unknown
  response (body: object): HapiResponse
}

/**
 * Authentication scheme for hapi: `server.auth.scheme('2fa', secondFactorScheme(verifier))`. The options of a strategy are
 * a demand. The session is in `request.auth.credentials`. Refusals are answered in every mode, `try` and `optional` too.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt, when a strategy is added
 */
export function secondFactorScheme (verifier: Verifier) {
  return (_server: object, demand?: DemandOptions) => {
    const verify = verifier.requiring(demand)
    return {
      async authenticate (request: { raw: { req: IncomingMessage } }, h: Toolkit): Promise<never> {
        const decision = await verify(request.raw.req)
        if (decision.admitted) {
          holdSession(request, decision.session)
          return h.authenticated({ credentials: decision.session }) as never
        }
        const response = h.response(decision.body).code(decision.status)
        for (const [name, value] of Object.entries(decision.headers)) response.header(name, value)
        return response.takeover() as never
      }
    }
  }
}
