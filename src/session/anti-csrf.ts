import type { ResolvedOptions } from '../options/resolved.js'
import { getTopLevelDomainForSameSiteResolution } from '../supertokens/sdk-internals.js'

/** The site of a URL as browsers compare it for SameSite: scheme and registrable domain. */
export function siteOf (url: string): string {
  return `${new URL(url).protocol}//${getTopLevelDomainForSameSiteResolution(url)}`
}

/**
 * Chooses one anti-CSRF rule for every request.
 *
 * By default the SDK decides by the website that asks, and treats a request from an unknown website as one from our
 * first. If that first website is on the API's own site and another one is not, any website could use the cookies of
 * the other one's users, which are SameSite=None.
 */
export function antiCsrfOf ({ antiCsrf, appInfo: { apiDomain, websiteDomains } }: ResolvedOptions): ResolvedOptions['antiCsrf'] {
  if (antiCsrf !== undefined) return antiCsrf
  return websiteDomains.every((domain) => siteOf(domain) === siteOf(apiDomain)) ? undefined : 'VIA_CUSTOM_HEADER'
}
