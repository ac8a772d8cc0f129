import type { IncomingMessage } from 'node:http'
import type { DemandOptions } from '../session/demand-options.js'
import { holdSession } from './held.js'
import type { Verifier } from './verifier.js'

/** Nest's types, as far as they are needed. */
interface Context {
  switchToHttp (): { getRequest (): IncomingMessage, getResponse (): object }
}
type HttpExceptionClass = new (body: Record<string, unknown>, status: number) => Error

/** A response of Express, or a reply of Fastify. */
interface PlatformResponse {
  setHeader?: (name: string, value: string) => unknown
  header?: (name: string, value: string) => unknown
}

/**
 * Creates a guard for Nest, on Express or Fastify: `@UseGuards(require2FA(verifier, HttpException))`, with the class from
 * `@nestjs/common`, so that exception filters see refusals. `sessionOf(request)` has the session then.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function require2FA (verifier: Verifier, HttpException: HttpExceptionClass, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return {
    async canActivate (context: Context): Promise<boolean> {
      const http = context.switchToHttp()
      const request = http.getRequest()
      const decision = await verify(request)
      if (decision.admitted) {
        holdSession(request, decision.session)
        return true
      }
      const response: PlatformResponse = http.getResponse()
      for (const [name, value] of Object.entries(decision.headers)) (response.setHeader ?? response.header)?.call(response, name, value)
      throw new HttpException({ ...decision.body }, decision.status)
    }
  }
}
