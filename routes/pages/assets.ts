import type { FastifyInstance } from 'fastify'
import type { Asset } from '../../src/hosted-pages/assets.js'
import type { Pages } from '../../src/hosted-pages/pages.js'
import { describedAs, UNLISTED } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'

/** A logo that somebody opens as a page of its own runs no script either. */
const HEADERS = {
  'cache-control': 'public, max-age=31536000, immutable',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff'
}

/** Style sheet, scripts and logo. Their names change with their content. */
export function assetRoutes (app: FastifyInstance, { places, assets }: Pages & { assets: ReadonlyMap<string, Asset> }): void {
  for (const { path, type, content } of assets.values()) {
    app.get(places.route + path, { config: { ...OPEN_ROUTE, ...describedAs(UNLISTED) }, exposeHeadRoute: false }, async (_request, reply) => await reply.headers(HEADERS).type(type).send(content))
  }
}
