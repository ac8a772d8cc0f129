import type { IncomingMessage } from 'node:http'
import type { DemandOptions } from '../session/demand-options.js'
import { holdSession } from './held.js'
import type { Verifier } from './verifier.js'

/** Koa's context, as far as it is needed. */
interface Context {
  req: IncomingMessage
  status: number
  body: unknown
  set (headers: Record<string, string>): void
}

/**
 * Middleware for Koa. `sessionOf(ctx)` has the session then.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function require2FA (verifier: Verifier, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return async (ctx: Context, next: () => Promise<unknown>): Promise<void> => {
    const decision = await verify(ctx.req)
    if (decision.admitted) {
      holdSession(ctx, decision.session)
      await next()
      return
    }
    ctx.status = decision.status
    ctx.set({ ...decision.headers })
    ctx.body = decision.body
  }
}
