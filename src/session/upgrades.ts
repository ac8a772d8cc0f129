import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OriginRefused } from '../errors.js'
import { memberOf } from '../members.js'
import { hasBearer } from './request-token.js'

/** Where the plugin keeps the origins of the websites. */
const WEBSITES = Symbol('fastify-2fa.websites')

declare module 'fastify' {
  interface FastifyInstance {
    [WEBSITES]?: ReadonlySet<string>
  }
}

/** Lets pages of these origins open WebSockets with a cookie session. */
export function allowUpgradesFrom (app: FastifyInstance, origins: readonly string[]): void {
  app.decorate(WEBSITES, new Set(origins))
}

/** The origins from which pages may open WebSockets with a cookie session. */
export const upgradeOrigins = (app: FastifyInstance): readonly string[] => [...app[WEBSITES] ?? []]

/**
 * Refuses a WebSocket that another website opens with the user's cookies (cross-site WebSocket hijacking, RFC 6455
 * section 10.2). Browsers send cookies with its handshake, CORS does not apply, and the page can read and write
 * everything afterwards. No page can add a bearer token.
 *
 * @throws AUTH_ORIGIN_REFUSED
 */
export function checkUpgrade ({ headers, server }: FastifyRequest, session: SessionContainerInterface): void {
  if (headers.upgrade === undefined || !/websocket/i.test(headers.upgrade)) return
  // The SDK falls back to cookies if what follows "Bearer" is no token.
  const byHeader = hasBearer(headers) && memberOf(memberOf(session, 'reqResInfo'), 'transferMethod') === 'header'
  if (byHeader) return
  if (headers.origin === undefined || server[WEBSITES]?.has(headers.origin) !== true) throw new OriginRefused()
}
