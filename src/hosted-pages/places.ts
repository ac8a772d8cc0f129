import { OptionsInvalid } from '../errors.js'
import { isBelow, joinPaths } from '../options/auth-path.js'
import type { ResolvedOptions } from '../options/resolved.js'

/** Where the pages are. */
export interface Places {
  /** Public origin of the service, and so of its pages. */
  origin: string
  /** Path of the pages as browsers write it. Links in mails lead there. */
  base: string
  /** The same as requests reach this app. */
  received: string
  /** The same below the prefix of the scope, for its routes. */
  route: string
}

/**
 * Finds the paths. Mails lead to `websiteBasePath` of a website, so the pages are exactly there, whatever prefix or proxy
 * is in between.
 *
 * @param prefix that Fastify puts in front of every route of the scope
 * @throws AUTH_OPTIONS_INVALID if no link would find them
 */
export function placesOf (prefix: string, { apiDomain, apiGatewayPath, apiInternalPath, websiteDomains, websiteBasePath }: ResolvedOptions['appInfo']): Places {
  if (websiteDomains[0] !== new URL(apiDomain).origin) {
    throw new OptionsInvalid(`hostedPages are served by this service, so links have to lead here: appInfo.websiteDomains must begin with ${apiDomain}`)
  }
  const base = joinPaths(websiteBasePath)
  if (!isBelow(base, apiGatewayPath)) throw new OptionsInvalid(`hostedPages: appInfo.websiteBasePath must begin with ${apiGatewayPath}, the path of the proxy`)
  const received = apiInternalPath + base.slice(apiGatewayPath.length)
  const scope = joinPaths(prefix)
  if (!isBelow(received, scope)) throw new OptionsInvalid(`hostedPages: the scope has the prefix ${scope}, so appInfo.websiteBasePath must begin with it`)
  return { origin: new URL(apiDomain).origin, base, received, route: received.slice(scope.length) }
}
